/**
 * The audit: whoever may list the stores and read the certificates sees for himself what is kept, holds it against the
 * promise, and checks the chain. It changes nothing and believes nothing that a sweep said of a store.
 */
import { allEnded } from "../concurrency.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectLister } from "../ports/object_store.ts";
import { AppError } from "../errors.ts";
import type { RowAuditor } from "../ports/image_rows.ts";
import type { PlatformSettings } from "../ports/platform_settings.ts";
import { auditBucket } from "./audit_bucket.ts";
import { auditChain, type AuditChainPorts } from "./audit_chain.ts";
import { auditErasures } from "./audit_erasures.ts";
import { type Finding, findingsOf, notesOf } from "./audit_findings.ts";
import type { AuditObservations } from "./audit_observations.ts";
import { BESIDE_PLACES, configuredPlaces } from "./configured_places.ts";
import { observePlaces } from "./platform_places.ts";
import { policyHash, type RetentionPolicy } from "./policy.ts";

/** What auditing needs: rights to look, none to change. */
interface AuditPorts extends AuditChainPorts {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister;
  readonly erasures: ObjectLister;
  readonly rows: RowAuditor;
  readonly platform: PlatformSettings;
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

/**
 * What bounds the places that hold copies and cannot be listed; throws `unavailable` where settings cannot be read. What an
 * organisation can switch on beside Tintype is often not the auditor's to read: it stays `configured`, and says why.
 */
async function observed({ platform, policy }: AuditPorts, options: CallOptions) {
  const [places, beside] = await allEnded([
    observePlaces(platform, configuredPlaces(policy), options),
    observePlaces(platform, BESIDE_PLACES, options),
  ]);
  for (const { place: { place }, unread } of places) {
    if (unread !== undefined) throw new AppError("unavailable", `Cannot audit ${place}: ${unread}`);
  }
  return [...places, ...beside].map(({ place: { place, evidence, bound }, faults }) => ({
    place,
    evidence,
    bound,
    faults,
  }));
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
    places: await observed(ports, options),
  };
  const findings = findingsOf(seen, policy);
  return { ...seen, passed: findings.length === 0, findings, notes: notesOf(seen, policy) };
}
