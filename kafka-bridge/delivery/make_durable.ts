import { AppError, type ErrorKind, isAppError } from "@tintype/core/errors";
import type { ReadinessBlocker } from "../operations/readiness_blockers.ts";
import type { SourceRecord } from "../ports.ts";
import { admitRecord, type AdmitRecordPorts, type RecordBody } from "./admit_record.ts";
import type { Circuit } from "./circuit.ts";
import { HeldUp } from "./held_up.ts";
import { originText, placeOf } from "./origin.ts";
import type { RecordQuota } from "./partition_quota.ts";
import { type Refusal, refuseRecord, type RefuseRecordPorts } from "./refuse_record.ts";
import { causeOf, retryUntilDone } from "./retry_until_done.ts";
import { traceRecord } from "./trace_record.ts";

/** What making a record durable needs. */
export interface MakeDurablePorts extends AdmitRecordPorts, RefuseRecordPorts {
  readonly tenants: AdmitRecordPorts["tenants"];
  readonly circuit: Circuit;
  readonly quota: RecordQuota;
}

/** What one try came to: undefined where the record is durable, else the refusal, or what is in the way. */
export type TryOutcome = Refusal | ReadinessBlocker | undefined;

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

/** Tries until the record is an object, or a refusal that others know of: true. False where `stopping` came first. */
export async function makeDurable(
  ports: MakeDurablePorts,
  record: SourceRecord,
  stopping: AbortSignal,
): Promise<boolean> {
  const decided: { refusal?: Refusal | undefined } = {};
  const isDecided = await retryUntilDone(ports, stopping, async () => {
    await ports.circuit.pass(stopping);
    if (stopping.aborted) return "storage";
    const outcome = await tryCreate(ports, record);
    if (typeof outcome === "string") return outcome;
    decided.refusal = outcome;
    return undefined;
  });
  if (!isDecided || decided.refusal === undefined) return isDecided;
  return await refuseRecord(ports, { record, ...decided.refusal }, stopping);
}

/** One try to create a record's object. */
export async function tryCreate(
  ports: MakeDurablePorts,
  record: SourceRecord,
  body?: RecordBody,
): Promise<TryOutcome> {
  const startedMs = performance.now();
  try {
    const { outcome } = await traceRecord(record, (traced) => admitRecord(ports, traced, body));
    ports.circuit.succeeded();
    ports.metrics.records.inc({ outcome: outcome.created ? "created" : "already" });
    ports.metrics.uploadSeconds.observe((performance.now() - startedMs) / 1000);
    return undefined;
  } catch (error) {
    return outcomeOf(ports, record, error);
  }
}

function outcomeOf(
  { circuit, quota, log }: MakeDurablePorts,
  record: SourceRecord,
  error: unknown,
): Refusal | ReadinessBlocker {
  const place = placeOf(record);
  if (error instanceof HeldUp) {
    const { blocker, cause } = error;
    const text = cause instanceof AppError ? cause.publicMessage : causeOf(cause);
    log.warn("record_held_up", { ...place, blocker, text });
    return blocker;
  }
  const failure = isAppError(error)
    ? error
    : new AppError("internal", "Cannot admit record", { cause: error });
  const isFinal = ACTION[failure.kind] === "dead_letter" || failure.code === "quota_exceeded";
  if (isFinal) {
    quota.leave();
    return { reason: failure.code, message: failure.publicMessage };
  }
  circuit.failed(originText(record));
  log.warn("record_held_up", { ...place, code: failure.code, text: causeOf(failure) });
  return "storage";
}
