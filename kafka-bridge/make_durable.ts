import { setTimeout as sleep } from "node:timers/promises";
import { AppError, type ErrorKind, isAppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import { admitRecord, type AdmitRecordPorts } from "./admit_record.ts";
import type { BridgeMetrics } from "./metrics.ts";
import type { DeadLetters, SourceRecord } from "./ports.ts";
import type { Obstacle, Trouble } from "./trouble.ts";
import type { Pace } from "./watch_fetch.ts";

/** What making a record durable needs. */
export interface MakeDurablePorts extends AdmitRecordPorts {
  readonly deadLetters: DeadLetters;
  readonly trouble: Trouble;
  readonly metrics: BridgeMetrics;
  readonly log: Log;
}

/** What the bridge does about each kind of error: the record's fault is a dead letter, ours is tried again. */
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

/** Tries until the record is an object or a dead letter: true. False where `stopping` came first. */
export async function makeDurable(
  ports: MakeDurablePorts,
  record: SourceRecord,
  { stopping, pace }: { readonly stopping: AbortSignal; readonly pace: Pace },
): Promise<boolean> {
  let endTrouble = () => {};
  try {
    for (let attempt = 0;; attempt++) {
      const obstacle = await attemptRecord(ports, record);
      if (obstacle === undefined) return true;
      ports.metrics.retries.inc({ what: obstacle });
      const endLast = endTrouble;
      endTrouble = ports.trouble.raise(obstacle);
      endLast();
      const longestMs = Math.min(pace.maxDelayMs, pace.minDelayMs * 2 ** Math.min(attempt, 16));
      const delayMs = longestMs * (0.5 + Math.random() / 2);
      await sleep(delayMs, undefined, { signal: stopping }).catch(() => undefined);
      if (stopping.aborted) return false;
    }
  } finally {
    endTrouble();
  }
}

/** One try; undefined when the record is durable, else what stood in the way. */
async function attemptRecord(
  ports: MakeDurablePorts,
  record: SourceRecord,
): Promise<Obstacle | undefined> {
  const startedMs = performance.now();
  try {
    const { outcome } = await admitRecord(ports, record);
    ports.metrics.records.inc({ outcome: outcome.created ? "created" : "already" });
    ports.metrics.bytes.inc(record.value?.byteLength ?? 0);
    ports.metrics.uploadSeconds.observe((performance.now() - startedMs) / 1000);
    return undefined;
  } catch (error) {
    const failure = isAppError(error)
      ? error
      : new AppError("internal", "Cannot admit record", { cause: error });
    if (ACTION[failure.kind] === "dead_letter") return await refuse(ports, record, failure);
    ports.log.warn("record_held_up", {
      ...placeOf(record),
      code: failure.code,
      text: causeOf(failure),
    });
    return "storage";
  }
}

async function refuse(
  ports: MakeDurablePorts,
  record: SourceRecord,
  { code, publicMessage }: AppError,
): Promise<Obstacle | undefined> {
  try {
    await ports.deadLetters.send({ record, reason: code, message: publicMessage });
  } catch (error) {
    ports.log.warn("dead_letter_held_up", {
      ...placeOf(record),
      reason: code,
      text: causeOf(error),
    });
    return "dead_letters";
  }
  ports.metrics.records.inc({ outcome: "refused" });
  ports.metrics.refusals.inc({ reason: code });
  ports.log.warn("record_refused", { ...placeOf(record), reason: code });
  return undefined;
}

function placeOf({ topic, partition, offset }: SourceRecord) {
  return { topic, partition, offset: String(offset) };
}

/** The name and code of what is behind a failure: its own words may hold an object's name or an address. */
function causeOf(failure: unknown): string {
  const cause = failure instanceof AppError ? failure.cause ?? failure : failure;
  if (!(cause instanceof Error)) return typeof cause;
  return "code" in cause ? `${cause.name} ${String(cause.code)}` : cause.name;
}
