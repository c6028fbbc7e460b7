/** The local cloud's broker as a part: fetch Kafka, run it, make the topics, say when it listens, end with it. */
import { createInterface } from "node:readline";
import { join, resolve } from "node:path";
import process from "node:process";
import { startBroker } from "./broker.ts";
import { installKafka, missingForKafka } from "./install_kafka.ts";
import { prepareTopics } from "./topics.ts";

const port = Number(process.env["PORT"] ?? 9092);
const controllerPort = Number(process.env["CONTROLLER_PORT"] ?? port + 1);
const dataDir = resolve(process.env["DATA_DIR"] ?? ".tintype/kafka");
const cacheDir = resolve(
  process.env["CACHE_DIR"] ?? join(import.meta.dirname, "../../../.tintype/cache"),
);

const say = (event: string, fields: Record<string, unknown> = {}) =>
  process.stdout.write(`${JSON.stringify({ event, part: "kafka", ...fields })}\n`);

const missing = await missingForKafka();
if (missing !== undefined) {
  say("missing", { level: "error", text: missing });
  process.exit(1);
}
const libs = await installKafka(cacheDir);
const broker = await startBroker({ libs, dataDir, port, controllerPort });
for (const stream of [broker.stdout, broker.stderr]) {
  if (stream !== null) createInterface({ input: stream }).on("line", (line) => relay(line));
}
broker.once("exit", (code, signal) => {
  say("broker_ended", { code, signal });
  process.exit(signal === null || signal === "SIGTERM" ? code === 143 ? 0 : code ?? 0 : 1);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void broker.kill("SIGTERM"));
}
await prepareTopics(`localhost:${port}`);
say("listening", { url: `localhost:${port}`, pid: broker.pid });

/** Kafka's own log speaks of much; only its troubles are passed on. */
function relay(line: string): void {
  if (/\b(ERROR|FATAL)\b/.test(line)) say("broker", { level: "warn", text: line.slice(0, 300) });
}
