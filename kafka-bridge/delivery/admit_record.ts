import { AppError } from "@tintype/core/errors";
import { admitImage } from "@tintype/core/ingest/admit_image";
import { type ImageId, imageIdOfRecord } from "@tintype/core/model/image_id";
import { SHA256 } from "@tintype/core/model/digest";
import { SNIFF_BYTES } from "@tintype/core/model/media_type";
import type { ImageRef } from "@tintype/core/model/object_name";
import { pseudonymize, type PseudonymKey } from "@tintype/core/model/owner";
import { declarationOfMetadata } from "@tintype/core/model/raw_metadata";
import { isTenant, type Tenant } from "@tintype/core/model/tenant";
import type { TenantPlans, TopicPlan } from "@tintype/core/model/tenant_plan";
import type { Clock } from "@tintype/core/ports/clock";
import type { CreateOutcome, ObjectBody, ObjectCreator } from "@tintype/core/ports/object_store";
import { kafkaCopyMsOf } from "@tintype/core/retention/bounds";
import type { RetentionPolicy } from "@tintype/core/retention/policy";
import type { SourceRecord } from "../ports.ts";
import { originOf, type RecordOrigin } from "./origin.ts";

/** What admitting needs: a creator and nothing else of the store. */
export interface AdmitRecordPorts {
  readonly creator: ObjectCreator;
  readonly plans: TenantPlans;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  readonly pseudonymKey: PseudonymKey;
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
}

const MAX_HEADER_BYTES = 1024;
// Fatal, and with the byte order mark: two subjects must not decode to one.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Makes the raw object of a record, of its value or of `body`, whose first bytes are the value. The id is the record's
 * place and time, so that a redelivered one finds its object; a redriven record's are those of its headers.
 * Throws AppErrors: `missing_subject`, `invalid_record` and what `admitImage` throws are the record's fault, `unavailable` is ours.
 */
export async function admitRecord(
  ports: AdmitRecordPorts,
  record: SourceRecord,
  body?: RecordBody,
): Promise<AdmittedRecord> {
  const origin = originOf(record);
  if (origin === undefined) {
    throw invalid("Cannot take record as its headers do not say which one was redriven");
  }
  if (record !== origin) requireTimelyRedrive(ports, record.timestampMs - origin.timestampMs);
  const topic = topicOf(ports, origin);
  const { value } = record;
  if (value === null || value.byteLength === 0) {
    throw invalid("Cannot take record as it has no value");
  }
  const tenant = tenantOf(record, topic);
  const owner = await pseudonymize(ports.pseudonymKey, tenant, subjectOf(record, topic));
  const ref = { tenant, owner, imageId: await imageIdOf(origin, ports.cluster) };
  const outcome = await admitImage(ports, {
    ref,
    plan: ports.plans.planOf(ref.tenant),
    policy: ports.policy,
    nowMs: ports.clock.now(),
    contentType: text(record, "content-type") ?? "",
    declaration: declaration(record, body === undefined ? value.byteLength : undefined),
    head: value.subarray(0, SNIFF_BYTES),
    body: (body?.stream ?? value) satisfies ObjectBody,
  }, { signal: body?.signal });
  return { ref, outcome };
}

/** The largest image that the plan of a record's tenant takes, in bytes. Throws AppErrors as `admitRecord` does. */
export function maxBytesOf(ports: AdmitRecordPorts, record: SourceRecord): number {
  const topic = topicOf(ports, originOf(record));
  return ports.plans.planOf(tenantOf(record, topic)).maxBytes;
}

/** What was redriven so late that the operators' topic keeps its bytes beyond their purge must not pass as right. */
function requireTimelyRedrive({ policy }: AdmitRecordPorts, ageMs: number): void {
  const copyMs = kafkaCopyMsOf(policy);
  if (ageMs <= copyMs) return;
  throw new AppError(
    "too_late",
    `Cannot take redriven record as its age in its topic must be <= ${copyMs} ms: current value is ${ageMs}`,
  );
}

function topicOf({ plans }: AdmitRecordPorts, origin: RecordOrigin | undefined): TopicPlan {
  const topic = plans.topicOf(origin?.topic ?? "");
  if (topic !== undefined) return topic;
  throw invalid("Cannot take record as its topic is in no tenant plan");
}

function subjectOf(record: SourceRecord, topic: TopicPlan): string {
  const subject = text(record, "subject") ?? topic.defaultSubject;
  if (subject !== undefined) return subject;
  throw new AppError(
    "missing_subject",
    "Cannot take record as it has no subject header and its topic no default",
  );
}

async function imageIdOf(origin: RecordOrigin, cluster: string): Promise<ImageId> {
  const { topic, partition, offset, timestampMs } = origin;
  if (!Number.isSafeInteger(timestampMs) || timestampMs < 0) {
    throw invalid("Cannot take record as it has no timestamp");
  }
  return await imageIdOfRecord({ cluster, topic, partition, offset: String(offset) }, timestampMs);
}

function tenantOf(record: SourceRecord, topic: TopicPlan): Tenant {
  const named = text(record, "tenant");
  if (named === undefined || !topic.allowTenantHeader) return topic.tenant;
  if (isTenant(named)) return named;
  throw invalid("Cannot take record as its tenant header is not a tenant's name");
}

function declaration(record: SourceRecord, size: number | undefined) {
  const sha256 = text(record, "sha256")?.toLowerCase();
  if (sha256 !== undefined && !SHA256.test(sha256)) {
    throw invalid("Cannot take record as its sha256 header is not 64 hex digits");
  }
  // Of no matter to the image: one that is not of its form is left out.
  const traceparent = new TextDecoder().decode(record.headers.get("traceparent"));
  return { ...declarationOfMetadata({ traceparent }), source: "kafka", size, sha256 } as const;
}

function text(record: SourceRecord, header: string): string | undefined {
  const value = record.headers.get(header);
  if (value === undefined || value.byteLength === 0) return undefined;
  if (value.byteLength > MAX_HEADER_BYTES) {
    throw invalid(`Cannot take record as its ${header} header is too long`);
  }
  try {
    return UTF8.decode(value);
  } catch {
    throw invalid(`Cannot take record as its ${header} header is not UTF-8`);
  }
}

function invalid(message: string): AppError {
  return new AppError("invalid_record", message);
}
