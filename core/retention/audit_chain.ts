import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectLister, ObjectReader } from "../ports/object_store.ts";
import type { Certificate, ChainPorts } from "./certificate.ts";
import type { VerifyBytes } from "./certificate_keys.ts";
import type { RetentionPolicy } from "./policy.ts";
import { type ChainCheck, verifyCertificates } from "./verify_certificates.ts";

/** What an audit read in the certificates, beside whether they form one chain. */
export interface AuditedChain extends ChainCheck {
  /** The newest number that BigQuery's copy knows of. */
  readonly knownNewest: number;
  /** Whether each signature was held against the auditor's public keys. */
  readonly areSignaturesRead: boolean;
  readonly firstSweptAt: string | undefined;
  readonly newestSweptAt: string | undefined;
  /** Sweeps that did not come to their end. */
  readonly incomplete: number;
  /** Certificates that tell of something overdue. */
  readonly reportedOverdue: number;
  /** The longest time between two sweeps, and how many such times were longer than interval and grace together. */
  readonly longestGapMs: number;
  readonly gaps: number;
  /** Certificates whose time lies ahead of the time at which the store had them: the sweeper's clock was fast. */
  readonly ahead: number;
  /** Of all sweeps together. */
  readonly deleted: number;
  /** Periods and policies that certificates name, the newest last. */
  readonly periodsMs: readonly number[];
  readonly policyHashes: readonly string[];
}

/** What reading the chain needs: the public keys too, where the auditor has them. */
export interface AuditChainPorts extends ChainPorts {
  readonly certificates: ObjectReader & ObjectLister;
  readonly verify: VerifyBytes | undefined;
}

/** What differs less than this between two clocks is no sign of anything. */
const CLOCK_TOLERANCE_MS = 1_000;

/** Reads the whole chain of certificates. */
export async function auditChain(
  { verify, ...ports }: AuditChainPorts,
  policy: RetentionPolicy,
  { knownNewest, signal }: CallOptions & Pick<AuditedChain, "knownNewest">,
): Promise<AuditedChain> {
  const seen = new ChainReading(policy);
  const check = await verifyCertificates(ports, {
    knownNewest,
    verify,
    signal,
    onCertificate: (certificate, createdMs) => seen.read(certificate, createdMs),
  });
  return { ...check, knownNewest, areSignaturesRead: verify !== undefined, ...seen.result() };
}

/** What is gathered certificate by certificate. */
class ChainReading {
  readonly #policy: RetentionPolicy;
  readonly #sweptAt: string[] = [];
  readonly #periodsMs = new Set<number>();
  readonly #policyHashes = new Set<string>();
  #counts = { incomplete: 0, reportedOverdue: 0, longestGapMs: 0, gaps: 0, ahead: 0, deleted: 0 };

  constructor(policy: RetentionPolicy) {
    this.#policy = policy;
  }

  read(certificate: Certificate, createdMs: number): void {
    const { sweptAt, complete, places, periodMs, policyHash } = certificate;
    const sweptMs = Date.parse(sweptAt);
    const counts = this.#counts;
    this.#countGap(sweptMs);
    if (!complete) counts.incomplete++;
    if (places.some(({ overdue }) => overdue > 0)) counts.reportedOverdue++;
    if (sweptMs > createdMs + CLOCK_TOLERANCE_MS) counts.ahead++;
    counts.deleted += places.reduce((sum, { deleted }) => sum + deleted, 0);
    // Once more behind the others: the newest stands last.
    this.#periodsMs.delete(periodMs);
    this.#periodsMs.add(periodMs);
    this.#policyHashes.delete(policyHash);
    this.#policyHashes.add(policyHash);
    if (this.#sweptAt.length > 1) this.#sweptAt.pop();
    this.#sweptAt.push(sweptAt);
  }

  #countGap(sweptMs: number): void {
    const before = this.#sweptAt.at(-1);
    if (before === undefined) return;
    const gapMs = sweptMs - Date.parse(before);
    this.#counts.longestGapMs = Math.max(this.#counts.longestGapMs, gapMs);
    if (gapMs > this.#policy.sweepIntervalMs + this.#policy.graceMs) this.#counts.gaps++;
  }

  result() {
    return {
      ...this.#counts,
      firstSweptAt: this.#sweptAt.at(0),
      newestSweptAt: this.#sweptAt.at(-1),
      periodsMs: [...this.#periodsMs],
      policyHashes: [...this.#policyHashes],
    };
  }
}
