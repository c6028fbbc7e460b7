import type { RowCensus } from "../ports/image_rows.ts";
import type { AuditedBucket } from "./audit_bucket.ts";
import type { AuditedChain } from "./audit_chain.ts";
import type { AuditedErasures } from "./audit_erasures.ts";
import type { CertificatePlace } from "./certificate.ts";

/** What an audit saw, before it is judged. */
export interface AuditObservations {
  readonly auditedAt: string;
  readonly periodMs: number;
  readonly policyHash: string;
  readonly raw: AuditedBucket;
  readonly processed: AuditedBucket;
  /** The bucket of erasure requests. */
  readonly requests: AuditedBucket;
  readonly warehouse: RowCensus;
  readonly erasures: AuditedErasures;
  readonly chain: AuditedChain;
  /** Places that cannot be listed: what bounds each, and what of it is not as promised. */
  readonly places: readonly (Pick<CertificatePlace, "place" | "evidence" | "bound"> & {
    readonly faults: readonly string[];
  })[];
}
