/**
 * One push: open the envelope, read the notification, wait for a fair share of the slots, hand the object's name to the
 * use case, and answer so that Pub/Sub forgets it (the work is done, never will be, or is in a slow lane) or brings it again.
 */
import { AppError, type ErrorKind, isAppError } from "@tintype/core/errors";
import { type NotifiedResource, parseStorageNotification } from "@tintype/core/events/notification";
import { parsePushEnvelope, type PushEnvelope } from "@tintype/core/events/push_envelope";
import { slowLaneOf } from "@tintype/core/fairness/slow_lane";
import { forceIn } from "@tintype/core/model/force";
import type { ImageRef } from "@tintype/core/model/object_name";
import { readRawName } from "@tintype/core/model/object_name";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { Log, LogFields } from "@tintype/core/ports/log";
import type { ImageDelivery, ProcessOutcome } from "@tintype/core/processing/process_ports";
import { performance } from "node:perf_hooks";
import type { SlowLanes } from "./adapters/pubsub_publisher.ts";
import { describeError } from "./describe_error.ts";
import type { FairQueue } from "./fair_queue.ts";
import { notifiedObject } from "./notified_object.ts";
import {
  type DeliveryFacts,
  type DeliverySpan,
  traceDelivery,
} from "./telemetry/delivery_trace.ts";
import type { ProcessorMetrics } from "./telemetry/metrics.ts";

/** 204 is an ack; anything else brings the message again (https://cloud.google.com/pubsub/docs/push#receive_push). */
export type PushStatus = 204 | 429 | 503;

/** What becomes of a delivery that failed: a new kind does not compile until it is answered. */
const STATUSES = {
  invalid: 204,
  too_large: 204,
  unsupported: 204,
  unprocessable: 204,
  rate_limited: 429,
  unauthenticated: 503,
  forbidden: 503,
  not_found: 503,
  conflict: 503,
  unavailable: 503,
  internal: 503,
} as const satisfies Record<ErrorKind, PushStatus>;

/** The response to a delivery that failed. */
export function statusOfFailure(error: unknown): PushStatus {
  return STATUSES[isAppError(error) ? error.kind : "internal"];
}

/** What a push may mean. */
export interface DeliveryWork {
  /** Which slots it takes: those of its tenant, a slow lane's, or none where it renders nothing. */
  readonly slots: "tenant" | "slow" | "none";
  readonly run: (delivery: ImageDelivery, options: CallOptions) => Promise<ProcessOutcome>;
}

/** What a push means, by the bucket of its object; objects of other buckets are none of ours. */
export type DeliveryWorks = Readonly<Record<string, DeliveryWork>>;

/** What handling pushes needs. */
export interface PushPorts {
  readonly queue: FairQueue;
  readonly lanes: SlowLanes;
  readonly log: Log;
  readonly metrics: ProcessorMetrics;
  /** Aborts what is under way: the end of the process. */
  readonly signal: AbortSignal;
  /** What one delivery may take, in milliseconds: less than the subscription's ack deadline. */
  readonly timeoutMs: number;
}

/** Handles the text of a push whose sender is known; never throws. */
export async function handlePush(
  ports: PushPorts,
  body: string,
  works: DeliveryWorks,
): Promise<PushStatus> {
  const opened = open(body);
  if (opened instanceof AppError) {
    ports.log.error("push_unreadable", { bytes: body.length, ...describeError(opened) });
    return 204;
  }
  const { envelope, event, force } = opened;
  const { objectName, generation, bucket, eventType, resource } = event;
  const attempt = attemptOf(envelope);
  const delivery = { objectName, generation, attempt, object: notifiedObject(event), force };
  const work = Object.hasOwn(works, bucket) ? works[bucket] : undefined;
  if (eventType !== "OBJECT_FINALIZE" || work === undefined) {
    ports.log.info("delivery", { ...idsOf(envelope, delivery), outcome: "ignored" });
    return 204;
  }
  const facts = factsOf(envelope, resource, delivery);
  return await traceDelivery(facts, (span) => deliver(ports, { envelope, delivery, work, span }));
}

/** A delivery under way. */
interface Delivering {
  readonly envelope: PushEnvelope;
  readonly delivery: ImageDelivery;
  readonly work: DeliveryWork;
  readonly span: DeliverySpan;
}

async function deliver(ports: PushPorts, delivering: Delivering): Promise<PushStatus> {
  const { log, metrics } = ports;
  const { envelope, delivery, span } = delivering;
  const ids = idsOf(envelope, delivery);
  const startMs = performance.now();
  const sinceStart = () => Math.round(performance.now() - startMs);
  try {
    await workOrDivert(ports, delivering, ({ outcome, waitMs }) => {
      span.ended(outcome, waitMs);
      metrics.delivered(outcome, waitMs);
      log.info("delivery", { ...ids, ...fieldsOf(outcome), waitMs, deliveryMs: sinceStart() });
    });
    return 204;
  } catch (error) {
    const status = statusOfFailure(error);
    span.failed(error, status);
    if (status !== 204) metrics.putOff(status === 429 ? "delayed" : "repeated");
    const fields = { ...ids, answer: status, ...describeError(error), deliveryMs: sinceStart() };
    if (status === 429) log.warn("delivery_delayed", fields);
    else log.error("delivery_failed", fields);
    return status;
  }
}

/** Of a dead letter: how often its subscription delivered it (https://cloud.google.com/pubsub/docs/handling-failures). */
function attemptOf({ attributes, deliveryAttempt = 1 }: PushEnvelope): number {
  const source = attributes["CloudPubSubDeadLetterSourceDeliveryCount"] ?? "";
  return /^[1-9]\d{0,3}$/.test(source) ? Number(source) : deliveryAttempt;
}

/** What came of a delivery, and how long it waited for its slot. */
interface Delivered {
  readonly outcome: ProcessOutcome;
  readonly waitMs: number;
}

/** Does the work in its tenant's share of the slots; what is beyond that is in its slow lane when this resolves. */
async function workOrDivert(
  { queue, lanes, log, metrics, signal, timeoutMs }: PushPorts,
  { envelope, delivery, work }: Delivering,
  onDone: (delivered: Delivered) => void,
): Promise<void> {
  const isSlow = work.slots === "slow";
  const run = async (waitMs: number) => {
    const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    onDone({ outcome: await work.run({ ...delivery, isSlow }, { signal: until }), waitMs });
  };
  if (work.slots === "none") return await run(0);
  const key = readRawName(delivery.objectName)?.tenant ?? "";
  const done = await queue.run({ key, isSlow }, run);
  if (done === "refuse") {
    throw new AppError("rate_limited", "Cannot take this delivery now: too many are under way");
  }
  if (done === "done") return;
  const lane = slowLaneOf(key);
  await lanes.publish(lane, envelope, { signal });
  metrics.putOff("diverted");
  log.info("delivery_diverted", { ...idsOf(envelope, delivery), lane });
}

function open(body: string) {
  try {
    const envelope = openPush(body);
    const event = parseStorageNotification(envelope);
    return { envelope, event, force: forceIn(envelope.attributes) };
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}

/** Opens the text of a push; throws `invalid_json` or `invalid_request`. */
export function openPush(text: string): PushEnvelope {
  try {
    return parsePushEnvelope(JSON.parse(text));
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new AppError("invalid_json", "Cannot read push as it is not JSON");
  }
}

function factsOf(
  { messageId, publishTime }: PushEnvelope,
  resource: NotifiedResource | undefined,
  { objectName, attempt }: ImageDelivery,
): DeliveryFacts {
  const timeCreated = resource?.timeCreated;
  return {
    ref: readRawName(objectName) ?? undefined,
    messageId,
    attempt,
    publishTime,
    timeCreated: timeCreated === undefined ? undefined : new Date(timeCreated),
    metadata: resource?.metadata ?? {},
  };
}

/** Foreign object names are not logged: they may contain anything. */
function idsOf({ messageId }: PushEnvelope, { objectName, attempt }: ImageDelivery): LogFields {
  const ref: Partial<ImageRef> = readRawName(objectName) ?? {};
  return { messageId, imageId: ref.imageId, tenant: ref.tenant, owner: ref.owner, attempt };
}

function fieldsOf(outcome: ProcessOutcome): LogFields {
  if (outcome.outcome === "erased") return { outcome: "erased", state: outcome.state };
  if (outcome.outcome === "kept") return { outcome: "kept", reason: outcome.manifest.reason };
  if (outcome.outcome !== "done") return { outcome: outcome.outcome };
  const { status, reason, bytes, engine, traceId, timings } = outcome.manifest;
  const stages = Object.entries(timings).map(([stage, ms]) => [stage, ms && Math.round(ms)]);
  const facts = { outcome: "done", status, reason, bytes, engine, traceId };
  return { ...facts, ...Object.fromEntries(stages) };
}
