/**
 * `deno task dlq`: read the command line, read the dead-letter topic (`read_letters.ts`), and list or show, have the bridge
 * send again (`redrive_job.ts`), or skip what cannot be decoded (`skip_batch.ts`). Subjects are never printed.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { notRunning, requireLocalSystem } from "@tintype/cli/local_system";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { kafkajsClient } from "../adapters/kafkajs_client.ts";
import { readKafkaEnv } from "../config/env.ts";
import { wordsOfError } from "../operations/words_of_error.ts";
import { type DlqArguments, dlqArgumentsOf, dlqCommand } from "./read_arguments.ts";
import { factsOf, readLetters } from "./read_letters.ts";
import type { RedriveLine } from "./redrive_job.ts";
import { isSelected } from "./redrive_letters.ts";
import { skipBatch } from "./skip_batch.ts";

/** A topic may call the subject's header by any name: the values of others are not shown. */
const SHOWN =
  /^(__connect\.errors\..+|tintype\..+|content-type|ref|sha256|tenant|traceparent|chunk-(id|index|count))$/i;
// Headers are a producer's: none may speak to the terminal.
const CONTROLS = /\p{Cc}/gu;

async function run(call: DlqArguments): Promise<number> {
  if (call.command === "redrive") return await redrive(call);
  const env = readKafkaEnv({ ...process.env, KAFKA_BROKERS: call.brokers.join(",") });
  if (call.brokers.length === 1) await requireLocalSystem(...call.brokers); // the local one
  const retry = { retries: 3, initialRetryTime: 200 };
  const kafka = kafkajsClient(env, { clientId: "tintype-dlq", retry });
  if (call.command === "list") return await list(kafka, call);
  if (call.command === "show") return await show(kafka, call);
  return await skip(kafka, call);
}

type Client = ReturnType<typeof kafkajsClient>;

async function list(kafka: Client, call: DlqArguments): Promise<number> {
  const counts = new Map<string, { count: number; oldestMs: number; places: Set<string> }>();
  await readLetters(kafka, call.topic, async (letter) => {
    if (!isSelected(letter, call)) return;
    if (call.json) return say(JSON.stringify(factsOf(letter)));
    const seen = counts.get(letter.reason) ?? { count: 0, oldestMs: Infinity, places: new Set() };
    seen.count++;
    seen.oldestMs = Math.min(seen.oldestMs, letter.timestampMs || Infinity);
    seen.places.add(letter.origin);
    counts.set(letter.reason, seen);
  });
  if (call.json) return EXIT.done;
  if (counts.size === 0) say(`${call.topic} holds no such dead letter`);
  for (const [reason, { count, oldestMs, places }] of counts) {
    const since = Number.isFinite(oldestMs) ? new Date(oldestMs).toISOString() : "unknown";
    say(`${String(count).padStart(8)}  ${reason}  (${places.size} records, oldest ${since})`);
  }
  return EXIT.done;
}

async function show(kafka: Client, call: DlqArguments): Promise<number> {
  let found = 0;
  await readLetters(kafka, call.topic, async (letter) => {
    if (!isSelected(letter, call)) return;
    found++;
    if (call.json) return say(JSON.stringify(factsOf(letter)));
    for (const [name, value] of Object.entries(factsOf(letter))) say(`${name}: ${value}`);
    for (const [name, value] of letter.headers) {
      const shown = SHOWN.test(name) ? value : "(not shown)";
      say(`header ${name}: ${shown}`.replaceAll(CONTROLS, "\u{FFFD}"));
    }
  });
  if (found > 0) return EXIT.done;
  process.stderr.write(`No dead letter at ${[...call.places].join(", ")} in ${call.topic}\n`);
  return EXIT.failed;
}

/** Calls the bridge's job, and prints each letter as its line comes. */
async function redrive({ bridge, all, dryRun, json, ...call }: DlqArguments): Promise<number> {
  const body = { all, reasons: [...call.reasons], places: [...call.places], dryRun };
  const response = await fetch(`${bridge}/jobs/redrive`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new UsageError(`${notRunning(new URL(bridge).host)}, or a tunnel to a member (--help)`);
  });
  if (!response.ok || response.body === null) {
    throw new Error(`the bridge responded with ${response.status} ${await response.text()}`);
  }
  const lines = createInterface({ input: Readable.from(response.body) });
  for await (const text of lines) {
    const { letter, done, error } = JSON.parse(text || "{}") as RedriveLine; // the bridge's own
    if (error !== undefined) throw new Error(error);
    if (done !== undefined) return conclude(done, dryRun);
    if (letter === undefined) continue;
    const { place, reason, origin, sentTo, problem } = letter;
    say(json ? JSON.stringify(letter) : `${place} ${reason} ${origin} -> ${sentTo ?? problem}`);
  }
  throw new Error("the bridge ended before its job: run it again");
}

function conclude(done: NonNullable<RedriveLine["done"]>, isDryRun: boolean): number {
  const { sent, failed, leftOut, missing, topic } = done;
  const what = isDryRun ? "would be sent" : "sent";
  process.stderr.write(`${sent} ${what}, ${failed} cannot be sent\n`);
  if (leftOut > 0) {
    const advice = "they can never pass; name their reason or place to send them all the same";
    process.stderr.write(`${leftOut} left out: ${advice}\n`);
  }
  if (missing.length > 0) {
    process.stderr.write(`No such dead letter at ${missing.join(", ")} in ${topic}\n`);
    return EXIT.failed;
  }
  return failed === 0 || isDryRun ? EXIT.done : EXIT.failed;
}

async function skip(kafka: Client, { places, group, dryRun }: DlqArguments): Promise<number> {
  const [topic = "", partition, offset = "0"] = [...places].join().split("/");
  const position = { topic, partition: Number(partition), offset: BigInt(offset) };
  const batch = await skipBatch(kafka, { position, group, isDryRun: dryRun });
  const report = { topic, partition: position.partition, ...batch, group, isSkipped: !dryRun };
  say(JSON.stringify(report, (_, value) => typeof value === "bigint" ? String(value) : value));
  return EXIT.done;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runMain(dlqCommand(process.env), (call) => run(dlqArgumentsOf(call)), {
  describe: (error) => `Cannot run dlq: ${wordsOfError(error)}`,
});
