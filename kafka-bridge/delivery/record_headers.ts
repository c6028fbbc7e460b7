/** What a producer says of an image in its record's headers. */
import { AppError } from "@tintype/core/errors";
import { SHA256 } from "@tintype/core/model/digest";
import { REFERENCE } from "@tintype/core/model/manifest";
import { declarationOfMetadata } from "@tintype/core/model/raw_metadata";
import { isTenant, type Tenant } from "@tintype/core/model/tenant";
import type { TopicPlan } from "@tintype/core/model/tenant_plan";
import type { SourceRecord } from "../ports.ts";

const MAX_HEADER_BYTES = 1024;
// Fatal, and with the byte order mark: two subjects must not decode to one.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Who owns the image. Throws `missing_subject`, and `invalid_record` for a subject that is no Unicode text. */
export function subjectOf(record: SourceRecord, topic: TopicPlan): string {
  const subject = textOf(record, "subject") ?? topic.defaultSubject;
  if (subject === undefined) {
    throw new AppError(
      "missing_subject",
      "Cannot take record as it has no subject header and its topic no default",
    );
  }
  if (subject.isWellFormed()) return subject;
  throw invalidRecord("Cannot take record as its subject is not Unicode text");
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
  if (value === undefined || value.byteLength === 0) return undefined;
  if (value.byteLength > MAX_HEADER_BYTES) {
    throw invalidRecord(`Cannot take record as its ${header} header is too long`);
  }
  try {
    return UTF8.decode(value);
  } catch {
    throw invalidRecord(`Cannot take record as its ${header} header is not UTF-8`);
  }
}
