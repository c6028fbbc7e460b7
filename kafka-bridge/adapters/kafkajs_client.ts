import type { Log } from "@tintype/core/ports/log";
import {
  Kafka,
  type KafkaConfig,
  type logCreator,
  logLevel,
  type RetryOptions,
  type SASLOptions,
} from "kafkajs";
import type { KafkaEnv } from "../config/env.ts";
import { decodeFetchesOurselves } from "./fetch/fetch_response.ts";
import { oauthTokens } from "./oauth_tokens.ts";
import { watchedSockets } from "./watched_socket.ts";

const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
const PATIENCE = { answerMs: 7_000, othersMs: 20_000, connectMs: 4_000, suspectMs: 1_000 } as const;
const REPEAT_AFTER_MS = 10_000;
const MAX_REMEMBERED = 100;

/** Who connects, and with which patience; the bridge's where it is not given. */
interface ClientOptions {
  readonly clientId: string;
  readonly retry?: RetryOptions;
  readonly requestTimeoutMs?: number;
  /** Takes what the library decides by itself; a caller that hears of every failure needs none. */
  readonly log?: Log;
}

/**
 * How a client looks for a broker or a coordinator again: every half second, as a cluster replaces a dead broker at a
 * moment of its own, and for 15 s, as that takes 9 s and more (`broker.session.timeout.ms`).
 */
const RETRY: RetryOptions = { initialRetryTime: 200, maxRetryTime: 500, retries: 30 };

/** A kafkajs client by the environment: plain, TLS with or without a client certificate, TLS and SASL (Confluent Cloud). */
export function kafkajsClient(env: KafkaEnv, options: ClientOptions): Kafka {
  decodeFetchesOurselves();
  const { clientId, retry = RETRY, requestTimeoutMs = REQUEST_TIMEOUT_MS, log } = options;
  const config: KafkaConfig = {
    clientId,
    brokers: [...env.KAFKA_BROKERS],
    ssl: env.KAFKA_TLS && tlsOf(env),
    socketFactory: watchedSockets(PATIENCE),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs,
    logLevel: logLevel.WARN,
    logCreator: () => log === undefined ? () => {} : linesFor(log),
    retry,
  };
  const sasl = saslOf(env);
  return new Kafka(sasl === undefined ? config : { ...config, sasl });
}

/** Writes the library's warnings and errors as events `kafkajs`; one that is repeated, every ten seconds. */
function linesFor(log: Log): ReturnType<logCreator> {
  const writtenMs = new Map<string, number>();
  return ({ level, log: { message, topic, partition, broker, error } }) => {
    const place = { topic, partition, broker };
    const text = error === undefined ? message : `${message}: ${error}`;
    const line = JSON.stringify({ ...place, text });
    const nowMs = performance.now();
    if (nowMs - (writtenMs.get(line) ?? -Infinity) < REPEAT_AFTER_MS) return;
    if (writtenMs.size > MAX_REMEMBERED) writtenMs.clear();
    writtenMs.set(line, nowMs);
    log[level === logLevel.ERROR ? "error" : "warn"]("kafkajs", { ...place, text });
  };
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
