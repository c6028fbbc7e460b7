import { Kafka, type KafkaConfig, logLevel, type RetryOptions, type SASLOptions } from "kafkajs";
import type { KafkaEnv } from "../config/env.ts";
import { oauthTokens } from "./oauth_tokens.ts";
import { registerCompressionCodecs } from "./compression/compression_codecs.ts";

const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Who connects, and with which patience; the bridge's where it is not given. */
interface ClientOptions {
  readonly clientId: string;
  readonly retry?: RetryOptions;
  readonly requestTimeoutMs?: number;
}

/**
 * How a client looks for a broker or a coordinator again: every half second, as a cluster replaces a dead broker at a
 * moment of its own, and for 15 s, as that takes 9 s and more (`broker.session.timeout.ms`).
 */
const RETRY: RetryOptions = { initialRetryTime: 200, maxRetryTime: 500, retries: 30 };

/** A kafkajs client by the environment: plain, TLS with or without a client certificate, TLS and SASL (Confluent Cloud). */
export function kafkajsClient(env: KafkaEnv, options: ClientOptions): Kafka {
  registerCompressionCodecs();
  const { clientId, retry = RETRY, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const config: KafkaConfig = {
    clientId,
    brokers: [...env.KAFKA_BROKERS],
    ssl: env.KAFKA_TLS && tlsOf(env),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs,
    logLevel: logLevel.NOTHING,
    retry,
  };
  const sasl = saslOf(env);
  return new Kafka(sasl === undefined ? config : { ...config, sasl });
}

function tlsOf({ KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key }: KafkaEnv) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function saslOf(env: KafkaEnv): SASLOptions | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = env;
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  if (mechanism === "oauthbearer") {
    return { mechanism, oauthBearerProvider: tokensOf(env, username, password) };
  }
  return { mechanism, username, password } as SASLOptions; // one of three literal mechanisms, which the type lists apart
}

function tokensOf(env: KafkaEnv, clientId: string, clientSecret: string) {
  return oauthTokens({
    clientId,
    clientSecret,
    tokenUrl: env.KAFKA_OAUTH_TOKEN_URL ?? "", // `checkKafka` requires it
    scope: env.KAFKA_OAUTH_SCOPE,
    extensions: Object.fromEntries(
      env.KAFKA_OAUTH_EXTENSIONS.map((pair) => {
        const [name = "", value = ""] = pair.split("=");
        return [name, value];
      }),
    ),
  });
}
