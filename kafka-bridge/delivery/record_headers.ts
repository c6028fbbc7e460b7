/** What a producer says of an image in its record's headers. */
import { AppError } from "@tintype/core/errors";
import { SHA256 } from "@tintype/core/model/digest";
import { REFERENCE } from "@tintype/core/model/manifest";
import { declarationOfMetadata } from "@tintype/core/model/raw_metadata";
import { isTenant, type Tenant } from "@tintype/core/model/tenant";
import type { RecordHeader, TopicPlan } from "@tintype/core/model/tenant_plan";
import type { SourceRecord } from "../ports.ts";
import type { RecordOrigin } from "./origin.ts";

const MAX_HEADER_BYTES = 1024;
// Fatal, and with the byte order mark: two subjects must not decode to one.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const OUR_NAMES: readonly (RecordHeader | "traceparent")[] = [
  "content-type",
  "subject",
  "ref",
  "sha256",
  "tenant",
  "traceparent",
];

/** A header by its name in any case; one of exactly that name goes before the others. */
export function headerOf({ headers }: SourceRecord, name: string): Uint8Array | undefined {
  const exact = headers.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  return [...headers].findLast(([given]) => given.toLowerCase() === lower)?.[1];
}

/** The record with our names for what its topic's producers call otherwise, or write in another case. */
export function withOurHeaders(record: SourceRecord, topic: TopicPlan): SourceRecord {
  const headers = new Map(record.headers);
  for (const name of OUR_NAMES) {
    const given = name === "traceparent" ? name : topic.headers?.[name] ?? name;
    const value = headerOf(record, given);
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
  }
  return { ...record, headers };
}

/**
 * Who owns the image that was first at `origin`. Throws `missing_subject`, and `invalid_record` for a subject that is no
 * Unicode text.
 */
export function subjectOf(
  record: SourceRecord,
  topic: TopicPlan,
  origin: Pick<RecordOrigin, "partition">,
): string {
  const subject = textOf(record, "subject") ?? defaultSubjectOf(record, topic, origin);
  if (subject === undefined) {
    throw new AppError(
      "missing_subject",
      "Cannot take record as it has no subject header and its topic no default for it",
    );
  }
  if (subject.isWellFormed()) return subject;
  throw invalidRecord("Cannot take record as its subject is not Unicode text");
}

/** The topic's default subject for a record; undefined where there is none, or it needs a key that the record lacks. */
function defaultSubjectOf(
  { key }: SourceRecord,
  { defaultSubject }: TopicPlan,
  { partition }: Pick<RecordOrigin, "partition">,
): string | undefined {
  if (defaultSubject === undefined) return undefined;
  const filled = defaultSubject.replaceAll("{partition}", String(partition));
  if (!filled.includes("{key}")) return filled;
  if (key === null || key.byteLength === 0) return undefined;
  const text = decoded(key, "key");
  return filled.replaceAll("{key}", () => text);
}

/** Whose the record is: its topic's tenant, or its header's where the topic allows one. Throws `invalid_record`. */
export function tenantOf(record: SourceRecord, topic: TopicPlan): Tenant {
  if (!topic.allowTenantHeader) return topic.tenant;
  const named = textOf(record, "tenant");
  if (named === undefined) return topic.tenant;
  if (isTenant(named)) return named;
  throw invalidRecord("Cannot take record as its tenant header is not a tenant's name");
}

/** The producer's own reference. Throws `invalid_record` where it is not of its form. */
export function referenceOf(record: SourceRecord): string | undefined {
  const reference = textOf(record, "ref");
  if (reference === undefined || REFERENCE.test(reference)) return reference;
  throw invalidRecord("Cannot take record as its ref header is not 1 to 64 of [A-Za-z0-9._-]");
}

/** What is declared beside the bytes. Throws `invalid_record`. */
export function declarationOf(record: SourceRecord) {
  const sha256 = textOf(record, "sha256")?.toLowerCase();
  if (sha256 !== undefined && !SHA256.test(sha256)) {
    throw invalidRecord("Cannot take record as its sha256 header is not 64 hex digits");
  }
  const { traceparent } = declarationOfMetadata({
    traceparent: looseTextOf(record, "traceparent"),
  });
  return { source: "kafka", sha256, ref: referenceOf(record), traceparent } as const;
}

/** A header of no matter to whether the image is taken; what is no text in it becomes replacement characters. */
export function looseTextOf({ headers }: SourceRecord, header: string): string {
  return new TextDecoder().decode(headers.get(header));
}

/** The record's fault. */
export function invalidRecord(message: string): AppError {
  return new AppError("invalid_record", message);
}

function textOf(record: SourceRecord, header: string): string | undefined {
  const value = record.headers.get(header);
  return value === undefined || value.byteLength === 0
    ? undefined
    : decoded(value, `${header} header`);
}

function decoded(value: Uint8Array, what: string): string {
  if (value.byteLength > MAX_HEADER_BYTES) {
    throw invalidRecord(`Cannot take record as its ${what} is too long`);
  }
  try {
    return UTF8.decode(value);
  } catch {
    throw invalidRecord(`Cannot take record as its ${what} is not UTF-8`);
  }
}
