import { PORTS } from "@tintype/cli/local_ports";
import { UsageError } from "@tintype/cli/usage_error";

/** Variables of the process. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A broker's address: host:port. */
export const BROKER = /^[^\s:]+:\d{1,5}$/;

/** The parts of a list that commas divide, without those that are empty. */
export function partsOf(list: string): string[] {
  return list.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** `--brokers` of the commands. */
export function brokersFlag(env: Env) {
  return {
    "brokers LIST": {
      about: "host:port,... (or $KAFKA_BROKERS)",
      parse: brokersOf,
      default: env["KAFKA_BROKERS"] || `localhost:${PORTS.kafka}`,
    },
  } as const;
}

/** What the commands' `--help` says of their connection. */
export const CONNECTION =
  "Connects as the bridge does, by KAFKA_TLS, KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_OAUTH_*.";

function brokersOf(list: string): string[] {
  const brokers = partsOf(list);
  if (brokers.length > 0 && brokers.every((broker) => BROKER.test(broker))) return brokers;
  throw new UsageError("(else KAFKA_BROKERS) must be host:port,...");
}
