import process from "node:process";
import { UsageError } from "./usage_error.ts";

const { TINTYPE_PORT_OFFSET } = process.env;

/** Added to every port of the local system, so that several can run at once. */
const OFFSET = Number(TINTYPE_PORT_OFFSET ?? 0);

/** The port of each part of the local system. */
export const PORTS = {
  edge: 8787 + OFFSET,
  edgeTriggers: 8790 + OFFSET,
  processor: 8080 + OFFSET,
  bridge: 8081 + OFFSET,
  keeper: 8082 + OFFSET,
  webhooks: 8083 + OFFSET,
  storage: 9023 + OFFSET,
  /** The same storage for callers who have one identity's rights only. */
  storageAsProcessor: 9024 + OFFSET,
  storageAsBridge: 9025 + OFFSET,
  storageAsKeeper: 9026 + OFFSET,
  storageAsWebhooks: 9027 + OFFSET,
  pubsub: 9085 + OFFSET,
  /** The same Pub/Sub for callers who have one identity's rights only. */
  pubsubAsProcessor: 9086 + OFFSET,
  pubsubAsBridge: 9088 + OFFSET, // not 9087, which is an edge at offset 300
  pubsubAsKeeper: 9089 + OFFSET,
  pubsubAsWebhooks: 9091 + OFFSET, // not 9090, which are an edge's triggers at offset 300
  bigquery: 9050 + OFFSET,
  oidc: 9080 + OFFSET,
  kafka: 9092 + OFFSET,
} as const;

/** Where `start --trace` collects spans: OTLP/HTTP's own port. */
export const TRACES_PORT: number = 4318 + OFFSET;

/** The address of each part that speaks HTTP. */
export const URLS = {
  edge: `http://localhost:${PORTS.edge}`,
  processor: `http://localhost:${PORTS.processor}`,
  bridge: `http://localhost:${PORTS.bridge}`,
  keeper: `http://localhost:${PORTS.keeper}`,
  webhooks: `http://localhost:${PORTS.webhooks}`,
  storage: `http://localhost:${PORTS.storage}`,
  pubsub: `http://localhost:${PORTS.pubsub}`,
  bigquery: `http://localhost:${PORTS.bigquery}`,
  oidc: `http://localhost:${PORTS.oidc}`,
} as const;

/** Linux gives outgoing connections ports from 32768 on; containers often begin lower. */
const FIRST_EPHEMERAL = 30_000;
/** Ports above the lowest of ours that `fetch` never calls (https://fetch.spec.whatwg.org/#port-blocking). */
const BLOCKED = new Set([
  ...[5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);

/** Throws UsageError where `TINTYPE_PORT_OFFSET` leaves a part without a usable port. */
export function requireUsableOffset(text: string | undefined = TINTYPE_PORT_OFFSET): void {
  if (text === undefined) return;
  const refuse = (why: string) => {
    throw new UsageError(
      `Cannot use TINTYPE_PORT_OFFSET=${text}: ${why}. Set a multiple of 100 from 100 to 20000, but not 1000 or 2000`,
    );
  };
  if (!/^\d{1,5}$/.test(text)) refuse("it must be a whole number");
  const moved = [...Object.entries(PORTS), ["traces", TRACES_PORT] as const]
    .map(([part, port]) => [part, port - OFFSET + Number(text)] as const);
  for (const [part, port] of moved) {
    if (port >= FIRST_EPHEMERAL) {
      refuse(`port ${port} (${part}) may belong to an outgoing connection`);
    }
    if (BLOCKED.has(port)) refuse(`fetch never calls port ${port} (${part})`);
  }
}
