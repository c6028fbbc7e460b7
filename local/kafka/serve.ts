/**
 * The local cloud's broker as a part: fetch Kafka (`install_kafka.ts`), run it (`broker.ts`), make the topics
 * (`topics.ts`), say when it listens, end with it.
 */
import { resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { freePort } from "@tintype/cli/free_port";
import { certificateOf, startBroker } from "./broker.ts";
import { planOf } from "./cluster_plan.ts";
import { installKafka, KAFKA_CACHE_DIR, missingForKafka } from "./install_kafka.ts";
import type { Listener } from "./server_properties.ts";
import { prepareTopics } from "./topics.ts";

const {
  PORT = "9092",
  CONTROLLER_PORT,
  DATA_DIR = ".tintype/kafka",
  // Ports of a cluster's brokers and their controllers (`9092:9093,…`), each a process like this one; in place of PORT.
  CLUSTER_PORTS,
  NODE_ID = "1",
  CACHE_DIR = KAFKA_CACHE_DIR,
  // A second listener, over TLS with SASL/SCRAM-SHA-512, for this user.
  SECURE_PORT,
  SECURE_USERNAME = "bridge",
  SECURE_PASSWORD = "",
  // Public keys by whose tokens the second listener takes clients as well (SASL/OAUTHBEARER).
  SECURE_JWKS,
  // A third listener, over TLS, for whoever shows a certificate; PEM files.
  MUTUAL_PORT,
  MUTUAL_KEYSTORE = "",
  MUTUAL_TRUSTSTORE = "",
  // A fourth listener, which wants that certificate and that user.
  SECURE_MUTUAL_PORT,
  // A broker that was asked to end and has not by then is killed; its log recovers at the next start.
  STOP_TIMEOUT_MS = "10000",
} = process.env;

/** What the line `listening` calls each listener. */
const URL_FIELDS = {
  SECURE: "secureUrl",
  MUTUAL: "mutualUrl",
  SECURE_MUTUAL: "secureMutualUrl",
} as const;

/** Exit code of a JVM that ended by SIGTERM in order. */
const ENDED_BY_SIGTERM = 143;

async function main(): Promise<void> {
  const cacheDir = resolve(CACHE_DIR);
  const missing = await missingForKafka(cacheDir);
  if (missing !== undefined) {
    say("missing", { level: "error", text: missing });
    process.exit(1);
  }
  const libs = await installKafka(cacheDir);
  const dataDir = resolve(DATA_DIR);
  const cluster = planOf(CLUSTER_PORTS ?? await ownPorts());
  const nodeId = Number(NODE_ID);
  const { port } = cluster.nodes[nodeId - 1] ?? {};
  if (port === undefined) throw new RangeError(`NODE_ID must be that of a broker (got ${NODE_ID})`);
  const listeners = await findListeners();
  const broker = await startBroker({ libs, dataDir, cluster, nodeId, listeners });
  for (const stream of [broker.stdout, broker.stderr]) {
    createInterface({ input: stream }).on("line", relay);
  }
  let isEnding = false;
  broker.once("exit", (code, signal) => {
    say("broker_ended", { code, signal });
    process.exit(isEnding && (code === 0 || code === ENDED_BY_SIGTERM) ? 0 : 1);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      isEnding = true;
      broker.kill("SIGTERM");
      setTimeout(() => broker.kill("SIGKILL"), Number(STOP_TIMEOUT_MS)).unref();
    });
  }
  await prepareTopics(`localhost:${port}`);
  const urls = listeners.map(({ name, port }) => [URL_FIELDS[name], `localhost:${port}`]);
  const hasOwn = listeners.some(({ certificates }) => certificates === undefined);
  say("listening", {
    url: `localhost:${port}`,
    pid: broker.pid,
    libs,
    ...Object.fromEntries(urls),
    ...hasOwn && { certificate: await certificateOf(dataDir) },
  });
}

/** The listeners that have a port. */
async function findListeners(): Promise<Listener[]> {
  const user = { username: SECURE_USERNAME, password: SECURE_PASSWORD };
  const certificates = { keystore: MUTUAL_KEYSTORE, truststore: MUTUAL_TRUSTSTORE };
  const all = [
    { port: SECURE_PORT, name: "SECURE", user, jwksFile: SECURE_JWKS },
    { port: MUTUAL_PORT, name: "MUTUAL", certificates },
    { port: SECURE_MUTUAL_PORT, name: "SECURE_MUTUAL", user, certificates },
  ] as const;
  const listeners: Listener[] = [];
  for (const { port, ...listener } of all) {
    if (port !== undefined) listeners.push({ ...listener, port: await portOf(port) });
  }
  return listeners;
}

/** The port that a text names; `0` is any free one. */
async function portOf(text: string): Promise<number> {
  return text === "0" ? await freePort() : Number(text);
}

/** The ports of a broker alone. */
async function ownPorts(): Promise<string> {
  const port = await portOf(PORT);
  const controller = CONTROLLER_PORT ?? (PORT === "0" ? "0" : String(port + 1));
  return `${port}:${await portOf(controller)}`;
}

function say(event: string, fields: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ event, part: "kafka", ...fields })}\n`);
}

/** Kafka's own log speaks of much; only its troubles are passed on. */
function relay(line: string): void {
  if (/\b(ERROR|FATAL)\b/.test(line)) say("broker", { level: "warn", text: line.slice(0, 300) });
}

await main().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  say("start_failed", { level: "error", text });
  process.exit(1);
});
