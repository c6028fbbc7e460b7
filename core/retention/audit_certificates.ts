/** The audit of certificates alone, such as a copy of their bucket that an auditor took home: it needs no cloud. */
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import { auditChain, type AuditChainPorts } from "./audit_chain.ts";
import { chainFindingsOf, chainNotesOf } from "./audit_findings.ts";
import type { Audit } from "./audit_stores.ts";
import type { RetentionPolicy } from "./policy.ts";

/** What auditing certificates needs; the clock says when they were read, or copied. */
interface AuditCertificatesPorts extends AuditChainPorts {
  readonly clock: Clock;
  readonly policy: RetentionPolicy;
}

/** What an audit of certificates saw; passed where there are no findings. */
export type CertificatesAudit = Pick<
  Audit,
  "auditedAt" | "passed" | "findings" | "notes" | "chain"
>;

/**
 * Checks a chain from its first certificate to its last. An end that was cut off shows only once the newest certificate
 * is older than a sweep's interval and the grace: BigQuery's copy, which `auditStores` reads, shows it at once.
 */
export async function auditCertificates(
  { clock, policy, ...ports }: AuditCertificatesPorts,
  options: CallOptions = {},
): Promise<CertificatesAudit> {
  const auditedAt = new Date(clock.now()).toISOString();
  const chain = await auditChain(ports, policy, { knownNewest: 0, ...options });
  const findings = chainFindingsOf(chain, { auditedAt, sinceMs: 0, policy });
  const notes = chainNotesOf(chain, policy);
  return { auditedAt, passed: findings.length === 0, findings, notes, chain };
}
