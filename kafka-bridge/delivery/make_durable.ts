import { setTimeout as sleep } from "node:timers/promises";
import { AppError, type ErrorKind, isAppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import { kafkaCopyMsOf } from "@tintype/core/retention/bounds";
import { backoffMs } from "@tintype/gcs/backoff";
import type { BridgeMetrics } from "../operations/metrics.ts";
import type { ReadinessBlocker, ReadinessBlockers } from "../operations/readiness_blockers.ts";
import type { DeadLetter, DeadLetters, SourceRecord } from "../ports.ts";
import { admitRecord, type AdmitRecordPorts, type RecordBody } from "./admit_record.ts";
import type { Circuit } from "./circuit.ts";
import { originOf } from "./origin.ts";
import type { Timings } from "./timings.ts";
import { traceRecord } from "./trace_record.ts";

/** What making a record durable needs. */
export interface MakeDurablePorts extends AdmitRecordPorts {
  readonly deadLetters: DeadLetters;
  readonly circuit: Circuit;
  readonly readiness: ReadinessBlockers;
  readonly metrics: BridgeMetrics;
  readonly log: Log;
  readonly timings: Timings;
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
  stopping: AbortSignal,
): Promise<boolean> {
  return await untilDone(ports, stopping, async () => {
    await ports.circuit.pass(stopping);
    if (stopping.aborted) return "storage";
    const refusal = await tryCreate(ports, record);
    if (refusal === undefined || refusal === "storage") return refusal;
    return await tryRefuse(ports, { record, ...refusal });
  });
}

/** Tries until a dead letter is acknowledged: true. False where `stopping` came first. */
export async function makeDeadLetter(
  ports: MakeDurablePorts,
  letter: DeadLetter,
  stopping: AbortSignal,
): Promise<boolean> {
  return await untilDone(ports, stopping, () => tryRefuse(ports, letter));
}

/** Why a record is refused. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** One try to create a record's object: undefined when it is durable, else the refusal, or that storage is in the way. */
export async function tryCreate(
  ports: MakeDurablePorts,
  record: SourceRecord,
  body?: RecordBody,
): Promise<Refusal | "storage" | undefined> {
  const startedMs = performance.now();
  const place = placeOf(record);
  try {
    const { outcome } = await traceRecord(record, (traced) => admitRecord(ports, traced, body));
    ports.circuit.succeeded();
    ports.metrics.records.inc({ outcome: outcome.created ? "created" : "already" });
    ports.metrics.uploadSeconds.observe((performance.now() - startedMs) / 1000);
    return undefined;
  } catch (error) {
    const failure = isAppError(error)
      ? error
      : new AppError("internal", "Cannot admit record", { cause: error });
    if (ACTION[failure.kind] === "dead_letter") {
      return { reason: failure.code, message: failure.publicMessage };
    }
    ports.circuit.failed(`${place.topic}/${place.partition}/${place.offset}`);
    ports.log.warn("record_held_up", { ...place, code: failure.code, text: causeOf(failure) });
    return "storage";
  }
}

async function tryRefuse(
  ports: MakeDurablePorts,
  given: DeadLetter,
): Promise<ReadinessBlocker | undefined> {
  const letter = withinRetention(ports, given);
  const { reason } = letter;
  const place = placeOf(letter.record);
  try {
    await ports.deadLetters.send(letter);
  } catch (error) {
    ports.log.warn("dead_letter_held_up", { ...place, reason, text: causeOf(error) });
    return "dead_letters";
  }
  ports.metrics.records.inc({ outcome: "refused" });
  ports.metrics.refusals.inc({ reason });
  ports.log.warn("record_refused", { ...place, reason });
  return undefined;
}

/** The letter without its value where the dead-letter topic would keep that beyond the image's purge, or nobody knows. */
function withinRetention({ clock, policy }: MakeDurablePorts, letter: DeadLetter): DeadLetter {
  const { timestampMs = -Infinity } = originOf(letter.record) ?? {};
  if (clock.now() - timestampMs <= kafkaCopyMsOf(policy)) return letter;
  return { ...letter, record: { ...letter.record, value: null }, isValueOmitted: true };
}

/** Repeats an attempt, with growing waits, until nothing is in its way: true. False where `stopping` came first. */
async function untilDone(
  ports: MakeDurablePorts,
  stopping: AbortSignal,
  attempt: () => Promise<ReadinessBlocker | undefined>,
): Promise<boolean> {
  let unblock = () => {};
  try {
    for (let count = 1;; count++) {
      if (stopping.aborted) return false;
      const blocker = await attempt();
      if (blocker === undefined) return true;
      if (stopping.aborted) return false;
      ports.metrics.retries.inc({ what: blocker });
      const unblockLast = unblock;
      unblock = ports.readiness.block(blocker);
      unblockLast();
      await sleep(backoffMs(count, ports.timings), undefined, { signal: stopping }).catch(() =>
        undefined
      );
    }
  } finally {
    unblock();
  }
}

function placeOf(record: SourceRecord) {
  const { topic, partition, offset } = record;
  const place = { topic, partition, offset: String(offset) };
  const origin = originOf(record);
  return origin === undefined || origin === record
    ? place
    : { ...place, origin: `${origin.topic}/${origin.partition}/${origin.offset}` };
}

/** The name and code of what is behind a failure: its own words may hold an object's name or an address. */
function causeOf(failure: unknown): string {
  const cause = failure instanceof AppError ? failure.cause ?? failure : failure;
  if (!(cause instanceof Error)) return typeof cause;
  const { name, status, code } = cause as Error & { status?: unknown; code?: unknown }; // clients' errors carry them
  return [name, status, code].filter((word) => word !== undefined).join(" ");
}
