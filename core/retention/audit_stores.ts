/**
 * The audit: whoever may list the stores and read the certificates sees for himself what is kept, holds it against the
 * promise, and checks the chain. It changes nothing and believes nothing that a sweep said of a store.
 */
import { allEnded } from "../concurrency.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Hashing } from "../ports/hashing.ts";
import type { ObjectLister, ObjectReader } from "../ports/object_store.ts";
import type { RowAuditor } from "../ports/image_rows.ts";
import { auditBucket } from "./audit_bucket.ts";
import { auditChain } from "./audit_chain.ts";
import { auditErasures } from "./audit_erasures.ts";
import { type Finding, findingsOf, notesOf } from "./audit_findings.ts";
import type { AuditObservations } from "./audit_observations.ts";
import { configuredPlaces } from "./configured_places.ts";
import { policyHash, type RetentionPolicy } from "./policy.ts";

/** What auditing needs: rights to look, none to change. */
interface AuditPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister;
  readonly erasures: ObjectLister;
  readonly certificates: ObjectReader & ObjectLister;
  readonly rows: RowAuditor;
  readonly hashing: Hashing;
  readonly clock: Clock;
  /** The promise that the stores are held against. */
  readonly policy: RetentionPolicy;
}

/** An audit: passed where there are no findings; notes are worth reading and no fault. */
export interface Audit extends AuditObservations {
  readonly passed: boolean;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** Audits once. Throws what the stores throw: an audit that could not see everything is none. */
export async function auditStores(ports: AuditPorts, options: CallOptions = {}): Promise<Audit> {
  const { raw, processed, rows, policy } = ports;
  const nowMs = ports.clock.now();
  const bounds = { nowMs, policy, ...options };
  const requests = await auditErasures({ processed, erasures: ports.erasures, ...bounds });
  const look = { ...bounds, onObject: requests.see };
  const [rawSeen, processedSeen, erasures, warehouse, chain] = await allEnded([
    auditBucket(raw, { ...look, bucket: "raw" }),
    auditBucket(processed, { ...look, bucket: "processed" }),
    auditBucket(ports.erasures, { ...bounds, bucket: "erasures" }),
    rows.census(nowMs - policy.periodMs - policy.graceMs, options),
    rows.newestCertificate(options).then((knownNewest) =>
      auditChain(ports, policy, { knownNewest, ...options })
    ),
  ]);
  const seen: AuditObservations = {
    auditedAt: new Date(nowMs).toISOString(),
    periodMs: policy.periodMs,
    policyHash: await policyHash(ports.hashing, policy),
    raw: rawSeen,
    processed: processedSeen,
    requests: erasures,
    warehouse,
    erasures: requests.result(),
    chain,
    configured: configuredPlaces(policy).map(({ place, bound }) => ({ place, bound })),
  };
  const findings = findingsOf(seen, policy);
  return { ...seen, passed: findings.length === 0, findings, notes: notesOf(seen, policy) };
}
