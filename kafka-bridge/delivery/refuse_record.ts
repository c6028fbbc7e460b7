/** A refusal: first the dead letter, acknowledged; then the record by which others learn of it; then it may be committed. */
import { type EventHashing, refusedRecord } from "@tintype/core/model/image_record";
import type { Clock } from "@tintype/core/ports/clock";
import type { Log } from "@tintype/core/ports/log";
import type { RecordPublisher } from "@tintype/core/ports/record_publisher";
import type { TenantTopics } from "@tintype/core/ports/tenants";
import { kafkaCopyMsOf } from "@tintype/core/retention/bounds";
import type { RetentionPolicy } from "@tintype/core/retention/policy";
import type { ReadinessBlocker } from "../operations/readiness_blockers.ts";
import type { DeadLetter, DeadLetters, SourceRecord } from "../ports.ts";
import { HeldUp, orHeldUp } from "./held_up.ts";
import { hasUsableTime, imageIdOfOrigin, originOf, originText, placeOf } from "./origin.ts";
import { referenceOf, tenantOf, withOurHeaders } from "./record_headers.ts";
import { causeOf, type RetryPorts, retryUntilDone } from "./retry_until_done.ts";

/** What refusing needs. */
export interface RefuseRecordPorts extends RetryPorts {
  readonly deadLetters: DeadLetters;
  readonly records: RecordPublisher;
  readonly hashing: EventHashing;
  readonly tenants: TenantTopics;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  readonly cluster: string;
  readonly log: Log;
}

/** Why a record is refused. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** An image that is refused: its record, the first one of a chunk set, and all of its bytes. */
interface RefusedImage {
  readonly record: SourceRecord;
  readonly reason: string;
  readonly bytes: number | undefined;
}

/** Tries until the record is a dead letter and a refusal that was published: true. False where `stopping` came first. */
export async function refuseRecord(
  ports: RefuseRecordPorts,
  letter: DeadLetter,
  stopping: AbortSignal,
): Promise<boolean> {
  const { record, reason } = letter;
  const image = { record, reason, bytes: record.value?.byteLength };
  return await makeDeadLetter(ports, letter, stopping) &&
    await publishRefusal(ports, image, stopping);
}

/** Tries until the dead letter is acknowledged: true. False where `stopping` came first. */
export async function makeDeadLetter(
  ports: RefuseRecordPorts,
  letter: DeadLetter,
  stopping: AbortSignal,
): Promise<boolean> {
  return await retryUntilDone(ports, stopping, () => trySend(ports, letter));
}

/** Tries until the refusal's record is published: true. False where `stopping` came first. */
export async function publishRefusal(
  ports: RefuseRecordPorts,
  image: RefusedImage,
  stopping: AbortSignal,
): Promise<boolean> {
  return await retryUntilDone(ports, stopping, () => tryPublish(ports, image, stopping));
}

async function trySend(
  ports: RefuseRecordPorts,
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

/** The dead letter without its value where the dead-letter topic would keep that beyond the image's purge, or nobody knows. */
function withinRetention({ clock, policy }: RefuseRecordPorts, letter: DeadLetter): DeadLetter {
  const { timestampMs = -Infinity } = originOf(letter.record) ?? {};
  if (clock.now() - timestampMs <= kafkaCopyMsOf(policy)) return letter;
  return { ...letter, record: { ...letter.record, value: null }, isValueOmitted: true };
}

async function tryPublish(
  ports: RefuseRecordPorts,
  image: RefusedImage,
  signal: AbortSignal,
): Promise<ReadinessBlocker | undefined> {
  const { records, hashing, log } = ports;
  try {
    await records.publish(await refusedRecord(hashing, await describeRefusal(ports, image)), {
      signal,
    });
    return undefined;
  } catch (error) {
    const blocker = error instanceof HeldUp ? error.blocker : "records";
    log.warn("refusal_held_up", { ...placeOf(image.record), blocker, text: causeOf(error) });
    return blocker;
  }
}

/** What is known of the image; its id's time is that of the refusal where the record has none. */
async function describeRefusal(ports: RefuseRecordPorts, { record, reason, bytes }: RefusedImage) {
  const origin = originOf(record) ?? record;
  const refusedAtMs = ports.clock.now();
  const dated = hasUsableTime(origin, refusedAtMs)
    ? origin
    : { ...origin, timestampMs: refusedAtMs };
  const topic = await orHeldUp("tenants", ports.tenants.topicOf(origin.topic));
  const named = topic === undefined ? record : withOurHeaders(record, topic);
  return {
    imageId: await imageIdOfOrigin(dated, ports.cluster),
    tenant: topic && orUndefined(() => tenantOf(named, topic)),
    origin: originText(origin),
    ref: orUndefined(() => referenceOf(named)),
    ...{ reason, refusedAtMs, bytes },
  };
}

/** A header that is wrong is why the record is refused: it says nothing. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
