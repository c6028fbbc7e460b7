import { AppError } from "@tintype/core/errors";
import { admitImage } from "@tintype/core/ingest/admit_image";
import { requireOpen } from "@tintype/core/ingest/admission_policy";
import { isDefinite } from "@tintype/core/ingest/upload_image";
import { claimOf } from "@tintype/core/ingest/upload_request";
import { SNIFF_BYTES } from "@tintype/core/model/media_type";
import type { ImageRef } from "@tintype/core/model/object_name";
import type { DaySalts } from "@tintype/core/model/day_salts";
import { deriveOwner, type PseudonymKeys } from "@tintype/core/model/owner";
import type { TenantPlan, TopicPlan } from "@tintype/core/model/tenant_plan";
import type { Clock } from "@tintype/core/ports/clock";
import type { CreateOutcome, ObjectBody, ObjectCreator } from "@tintype/core/ports/object_store";
import type { Quota, QuotaClaim } from "@tintype/core/ports/quota";
import type { TenantPlans, TenantTopics } from "@tintype/core/ports/tenants";
import { CLIENT_AHEAD_MS } from "@tintype/core/reading/own_image";
import { kafkaCopyMsOf, retentionBoundsOf } from "@tintype/core/retention/bounds";
import { phaseOf, type RetentionPolicy } from "@tintype/core/retention/policy";
import type { SourceRecord } from "../ports.ts";
import { HeldUp, orHeldUp } from "./held_up.ts";
import {
  hasUsableTime,
  imageIdOfOrigin,
  isAhead,
  originOf,
  originText,
  type RecordOrigin,
} from "./origin.ts";
import {
  declarationOf,
  invalidRecord,
  looseTextOf,
  subjectOf,
  tenantOf,
  withOurHeaders,
} from "./record_headers.ts";

/** What admitting needs: a creator and nothing else of the store. */
export interface AdmitRecordPorts {
  readonly creator: ObjectCreator;
  /** The record's part in its tenant's day. */
  readonly quota: Quota;
  readonly tenants: TenantPlans & TenantTopics;
  readonly salts: DaySalts;
  readonly pseudonymKeys: PseudonymKeys;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  /** The constant that names the cluster in image ids. */
  readonly cluster: string;
}

/** A record that is durable now, or was before. */
interface AdmittedRecord {
  readonly ref: ImageRef;
  readonly outcome: CreateOutcome;
}

/** An image's bytes that are not the value of its record: the stream of a chunk set. */
export interface RecordBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Aborted when the upload is to be given up. */
  readonly signal: AbortSignal;
  /** Called with the largest size that the plan takes, in bytes, before the stream is read. */
  limitTo(maxBytes: number): void;
  /** Bytes that came, in the end all. */
  size(): number;
}

/**
 * Makes the raw object of a record, of its value or of `body`, whose first bytes are the value. The id is the record's
 * place and time, so that a redelivered one finds its object; a redriven record's are those of its headers.
 * Throws AppErrors: `missing_subject`, `invalid_record`, `timestamp_out_of_range` and what `admitImage` throws are the record's fault, `unavailable`
 * is ours. Throws HeldUp, with nothing of `body` read, where the tenant or the day's owner cannot be known yet.
 */
export async function admitRecord(
  ports: AdmitRecordPorts,
  given: SourceRecord,
  body?: RecordBody,
): Promise<AdmittedRecord> {
  const origin = originOf(given);
  if (origin === undefined) {
    throw invalidRecord("Cannot take record as its headers do not say which one was redriven");
  }
  if (given !== origin) requireTimelyRedrive(ports, given.timestampMs - origin.timestampMs);
  else if (given.isCreateTime) requireRecent(ports, given.timestampMs);
  const imageId = await timelyIdOf(ports, origin);
  const topic = await topicOf(ports, origin);
  const record = withOurHeaders(given, topic);
  const { value } = record;
  if (value === null || value.byteLength === 0) {
    throw invalidRecord("Cannot take record as it has no value");
  }
  const declaration = {
    ...declarationOf(record),
    size: body === undefined ? value.byteLength : undefined,
    origin: originText(origin),
  };
  const { ref, plan } = await ownerOf(ports, record, { topic, origin, imageId });
  body?.limitTo(plan.maxBytes);
  const claim = claimOf({ tenant: ref.tenant, plan }, imageId, declaration.size ?? plan.maxBytes);
  const outcome = await admitImage({ creator: countingCreator(ports, claim) }, {
    ref,
    plan,
    policy: ports.policy,
    nowMs: ports.clock.now(),
    contentType: looseTextOf(record, "content-type"),
    declaration,
    head: value.subarray(0, SNIFF_BYTES),
    body: (body?.stream ?? value) satisfies ObjectBody,
  }, { signal: body?.signal });
  if (body !== undefined) await ports.quota.settle({ ...claim, bytes: body.size() });
  return { ref, outcome };
}

/** Counts what is admitted before it is created, and gives it back after a definite refusal, as the edge does. */
function countingCreator({ creator, quota }: AdmitRecordPorts, claim: QuotaClaim): ObjectCreator {
  return {
    async create(...call) {
      await quota.reserve(claim);
      try {
        return await creator.create(...call);
      } catch (error) {
        if (isDefinite(error)) await quota.release(claim);
        throw error;
      }
    },
  };
}

/** What was redriven so late that the operators' topic keeps its bytes beyond their purge must not pass as right. */
function requireTimelyRedrive({ policy }: AdmitRecordPorts, ageMs: number): void {
  const copyMs = kafkaCopyMsOf(policy);
  if (ageMs <= copyMs) return;
  throw new AppError(
    "too_late",
    `Cannot take redriven record: its age in its topic must be at most ${copyMs} ms (got ${ageMs})`,
  );
}

/** A producer's own time, older than the source keeps records, would be a T0 of its choice. */
function requireRecent({ policy, clock }: AdmitRecordPorts, timestampMs: number): void {
  const { sourceMs } = retentionBoundsOf(policy.periodMs).kafka;
  const ageMs = clock.now() - timestampMs;
  if (ageMs <= sourceMs) return;
  throw new AppError(
    "timestamp_out_of_range",
    `Cannot take record: its producer's timestamp must be at most ${sourceMs} ms old (got ${ageMs})`,
  );
}

/** The image's id, whose T0 is within its retention period: a day that has no salt can then only be a fault. */
async function timelyIdOf(
  ports: AdmitRecordPorts,
  origin: RecordOrigin,
): Promise<ImageRef["imageId"]> {
  const nowMs = ports.clock.now();
  if (isAhead(origin.timestampMs, nowMs)) {
    throw new AppError(
      "timestamp_out_of_range",
      `Cannot take record: its timestamp must be at most ${CLIENT_AHEAD_MS} ms ahead (got ${
        origin.timestampMs - nowMs
      })`,
    );
  }
  if (!hasUsableTime(origin, nowMs)) {
    throw invalidRecord("Cannot take record as it has no timestamp");
  }
  const imageId = await imageIdOfOrigin(origin, ports.cluster);
  if (phaseOf(imageId, ports.policy, nowMs) === "kept") return imageId;
  throw new AppError(
    "too_late",
    "Cannot take record: its retention period has ended or is about to end",
  );
}

async function topicOf({ tenants }: AdmitRecordPorts, { topic }: RecordOrigin): Promise<TopicPlan> {
  const found = await orHeldUp("tenants", tenants.topicOf(topic));
  if (found !== undefined) return found;
  throw new HeldUp(
    "tenants",
    new AppError("unavailable", `Cannot find a tenant of topic ${topic}`),
  );
}

interface Identified {
  readonly topic: TopicPlan;
  readonly origin: RecordOrigin;
  readonly imageId: ImageRef["imageId"];
}

async function ownerOf(
  { tenants, salts, pseudonymKeys }: AdmitRecordPorts,
  record: SourceRecord,
  { topic, origin, imageId }: Identified,
): Promise<{ readonly ref: ImageRef; readonly plan: TenantPlan }> {
  const tenant = tenantOf(record, topic);
  const subject = subjectOf(record, topic, origin);
  const plan = await orHeldUp("tenants", tenants.planOf(tenant));
  requireOpenBridge(plan);
  const deriving = salts.saltAt(origin.timestampMs)
    .then((salt) => deriveOwner(pseudonymKeys, salt, { tenant, subject }));
  return { ref: { tenant, owner: await orHeldUp("days", deriving), imageId }, plan };
}

/** A record of a closed source waits in its topic. */
function requireOpenBridge(plan: TenantPlan): void {
  try {
    requireOpen(plan, "kafka");
  } catch (error) {
    throw new HeldUp("closed", error);
  }
}
