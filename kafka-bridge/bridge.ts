/**
 * The Kafka door: each record becomes a raw object or a dead letter; the offset follows what is durable.
 * Whoever retries is Kafka; in here a record is tried until it is durable, as the ones behind it must wait for it anyway.
 */
import { AppError, type ErrorKind, isAppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import { admitRecord, type AdmitRecordPorts } from "./admit_record.ts";
import type { ByteBudget } from "./byte_budget.ts";
import type { BridgeMetrics } from "./metrics.ts";
import { OffsetTracker } from "./offset_tracker.ts";
import type { DeadLetters, PartitionFetch, SourceRecord } from "./ports.ts";

/** What the bridge needs. */
export interface BridgePorts extends AdmitRecordPorts {
  readonly deadLetters: DeadLetters;
  readonly budget: ByteBudget;
  readonly metrics: BridgeMetrics;
  readonly log: Log;
}

/** Called when records cannot become durable, and when they can again. */
export interface TroubleListener {
  onTrouble(what: "storage" | "dead_letters"): void;
  onCalm(what: "storage" | "dead_letters"): void;
}

/** What the bridge does about each kind of error. */
const ACTION = {
  invalid: "dead_letter",
  unauthenticated: "retry",
  forbidden: "retry",
  not_found: "retry",
  conflict: "dead_letter",
  too_large: "dead_letter",
  unsupported: "dead_letter",
  unprocessable: "dead_letter",
  rate_limited: "retry",
  unavailable: "retry",
  internal: "retry",
} as const satisfies Record<ErrorKind, "dead_letter" | "retry">;

const RECORDS_AT_ONCE = 16;
const COMMIT_EVERY_MS = 2_000;
const HEARTBEAT_EVERY_MS = 500;
const MIN_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;

/** Handles one partition's fetch: uploads side by side within the budget, commits by time, and all of it at the end. */
export async function handleFetch(
  ports: BridgePorts & TroubleListener,
  fetched: PartitionFetch,
): Promise<void> {
  const tracker = new OffsetTracker();
  const queue = [...fetched.records];
  for (const { offset } of queue) tracker.begin(offset);
  const stopBeating = beat(fetched, tracker);
  const worker = async () => {
    for (
      let record = queue.shift();
      record !== undefined && !fetched.shouldStop();
      record = queue.shift()
    ) {
      const giveBack = await ports.budget.take(record.value?.byteLength ?? 0);
      try {
        if (await makeDurable(ports, record, fetched)) tracker.end(record.offset);
      } finally {
        giveBack();
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: RECORDS_AT_ONCE }, worker));
  } finally {
    await stopBeating();
  }
  await commit(fetched, tracker);
}

/** Heartbeats and commits while uploads go on; what it answers ends that. */
function beat(fetched: PartitionFetch, tracker: OffsetTracker): () => Promise<void> {
  let lastCommitMs = Date.now();
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(async () => {
      await fetched.heartbeat();
      if (Date.now() - lastCommitMs < COMMIT_EVERY_MS) return;
      lastCommitMs = Date.now();
      await commit(fetched, tracker);
    }).catch(() => undefined); // A lost membership shows in shouldStop(); the records come again.
  }, HEARTBEAT_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function commit(fetched: PartitionFetch, tracker: OffsetTracker): Promise<void> {
  const next = tracker.toCommit();
  if (next === undefined) return;
  await fetched.commit(next);
  tracker.committed(next);
}

/** Tries until the record is an object or a dead letter; false where the partition was taken away meanwhile. */
async function makeDurable(
  ports: BridgePorts & TroubleListener,
  record: SourceRecord,
  fetched: PartitionFetch,
): Promise<boolean> {
  for (let attempt = 1;; attempt++) {
    const problem = await attemptRecord(ports, record);
    if (problem === undefined) return true;
    ports.metrics.retries.inc({ what: problem });
    ports.onTrouble(problem);
    const delayMs = Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** Math.min(attempt, 10)) *
      (0.5 + Math.random() / 2);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (fetched.shouldStop()) return false;
  }
}

/** One try; undefined when the record is durable, else what stood in the way. */
async function attemptRecord(
  ports: BridgePorts & TroubleListener,
  record: SourceRecord,
): Promise<"storage" | "dead_letters" | undefined> {
  const startedMs = performance.now();
  try {
    const { outcome } = await admitRecord(ports, record);
    ports.onCalm("storage");
    ports.metrics.records.inc({ outcome: outcome.created ? "created" : "already" });
    ports.metrics.bytes.inc(record.value?.byteLength ?? 0);
    ports.metrics.uploadSeconds.observe((performance.now() - startedMs) / 1000);
    return undefined;
  } catch (error) {
    const failure = isAppError(error)
      ? error
      : new AppError("internal", "Cannot admit record", { cause: error });
    if (ACTION[failure.kind] === "dead_letter") return await refuse(ports, record, failure);
    ports.log.warn("storage_unavailable", { ...place(record), code: failure.code });
    return "storage";
  }
}

async function refuse(
  ports: BridgePorts & TroubleListener,
  record: SourceRecord,
  { code, publicMessage }: AppError,
): Promise<"dead_letters" | undefined> {
  try {
    await ports.deadLetters.send({ record, reason: code, message: publicMessage });
  } catch {
    ports.log.error("dead_letters_unavailable", { ...place(record), reason: code });
    return "dead_letters";
  }
  ports.onCalm("dead_letters");
  ports.metrics.records.inc({ outcome: "refused" });
  ports.metrics.refusals.inc({ reason: code });
  ports.log.warn("record_refused", { ...place(record), reason: code });
  return undefined;
}

function place({ topic, partition, offset }: SourceRecord) {
  return { topic, partition, offset: String(offset) };
}
