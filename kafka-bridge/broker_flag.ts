import { UsageError } from "@tintype/cli/usage_error";
import { BROKER, partsOf } from "./broker_list.ts";

/** `--brokers` of the commands. */
export const BROKERS_FLAG = {
  placeholder: "LIST",
  description: "host:port,... (default: $KAFKA_BROKERS or localhost:9092)",
} as const;

/** What the commands' `--help` says of their connection. */
export const CONNECTION =
  "Connects as the bridge does, by KAFKA_TLS, KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.";

/** The brokers of a list. Throws UsageError where one is no address, or the list is empty. */
export function brokersOf(list: string): string[] {
  const brokers = partsOf(list);
  if (brokers.length > 0 && brokers.every((broker) => BROKER.test(broker))) return brokers;
  throw new UsageError(
    `Cannot connect: --brokers (else KAFKA_BROKERS) must be host:port,... (got "${list}")`,
  );
}
