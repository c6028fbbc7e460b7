import { Kafka, type KafkaConfig, logLevel, type RetryOptions, type SASLOptions } from "kafkajs";
import type { BridgeEnv } from "../env.ts";

const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;

type ClientEnv = Pick<
  BridgeEnv,
  | "KAFKA_BROKERS"
  | "KAFKA_TLS"
  | "KAFKA_TLS_CA"
  | "KAFKA_TLS_CERT"
  | "KAFKA_TLS_KEY"
  | "KAFKA_SASL_MECHANISM"
  | "KAFKA_SASL_USERNAME"
  | "KAFKA_SASL_PASSWORD"
>;

/** How a client looks for a broker again; a consumer begins anew when these are over. */
const RETRY: RetryOptions = { initialRetryTime: 200, maxRetryTime: 3_000, retries: 8 };

/** A kafkajs client by the environment: plain, TLS, or TLS and SASL (Confluent Cloud). */
export function kafkajsClient(
  env: ClientEnv,
  { clientId, retry = RETRY }: { readonly clientId: string; readonly retry?: RetryOptions },
): Kafka {
  const config: KafkaConfig = {
    clientId,
    brokers: [...env.KAFKA_BROKERS],
    ssl: env.KAFKA_TLS && tlsOf(env),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    logLevel: logLevel.NOTHING,
    retry,
  };
  const sasl = saslOf(env);
  return new Kafka(sasl === undefined ? config : { ...config, sasl });
}

function tlsOf({ KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key }: ClientEnv) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function saslOf(env: ClientEnv): SASLOptions | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = env;
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism, username, password } as SASLOptions; // one of three literal mechanisms, which the type lists apart
}
