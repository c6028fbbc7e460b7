import type { AuditedChain } from "./audit_chain.ts";
import type { AuditObservations } from "./audit_observations.ts";
import type { RetentionPolicy } from "./policy.ts";

/** What can be wrong; each breaks the promise or its proof. */
type FindingCode =
  | "overdue"
  | "erasure_overdue"
  | "erased_but_there"
  | "foreign_names"
  | "chain_broken"
  | "sweep_missing"
  | "clock_ahead"
  | "other_period"
  | "unbounded";

/** One thing that is wrong, in a sentence. */
export interface Finding {
  readonly code: FindingCode;
  readonly text: string;
}

/** Everything that is wrong in what an audit saw. */
export function findingsOf(seen: AuditObservations, policy: RetentionPolicy): Finding[] {
  return [
    ...overdueOf(seen),
    ...erasuresOf(seen),
    ...foreignOf(seen),
    ...seen.places.flatMap(({ place, faults }) =>
      faults.map((fault) => finding("unbounded", `${place.replaceAll("_", " ")}: ${fault}`))
    ),
    ...chainFindingsOf(seen.chain, {
      auditedAt: seen.auditedAt,
      sinceMs: seen.raw.oldestT0Ms,
      policy,
    }),
  ];
}

/** What is worth knowing and breaks nothing. */
export function notesOf(
  { chain, policyHash, raw, processed, requests }: AuditObservations,
  policy: RetentionPolicy,
): string[] {
  const due = raw.due + processed.due + requests.due;
  return [
    due > 0 &&
    `${due} objects have reached their end and are within the time in which they are removed.`,
    ...chainNotesOf(chain, policy),
    chain.found > 0 && chain.policyHashes.at(-1) !== policyHash &&
    "The newest certificate was made under another policy than the one audited against.",
  ].filter((note) => note !== false);
}

/** What of the certificates is worth knowing and breaks nothing. */
export function chainNotesOf(chain: AuditedChain, policy: RetentionPolicy): string[] {
  const limitMs = policy.sweepIntervalMs + policy.graceMs;
  return [
    !chain.areSignaturesRead &&
    "No signature was checked, so whoever may write in the bucket can have made the chain: give --public-key FILE.",
    chain.reportedOverdue > 0 &&
    `${chain.reportedOverdue} certificates of the past tell of something that was overdue then.`,
    chain.incomplete > 0 &&
    `${chain.incomplete} sweeps were cut before their end; each says so, and the next went on.`,
    chain.gaps > 0 &&
    `${chain.gaps} times no sweep ran for longer than ${seconds(limitMs)}; the longest was ${
      seconds(chain.longestGapMs)
    }.`,
    chain.policyHashes.length > 1 &&
    `The certificates were made under ${chain.policyHashes.length} different policies.`,
  ].filter((note) => note !== false);
}

function overdueOf({ raw, processed, requests, warehouse }: AuditObservations): Finding[] {
  const bucketsOverdue = ([["raw", raw], ["processed", processed], ["erasures", requests]] as const)
    .filter(([, { overdue }]) => overdue > 0)
    .map(([name, { overdue, overdueNames }]) =>
      finding(
        "overdue",
        `${overdue} objects of the ${name} bucket are past their end: ${overdueNames.join(", ")}${
          overdue > overdueNames.length ? ", …" : ""
        }`,
      )
    );
  if (warehouse.overdue === 0) return bucketsOverdue;
  return [
    ...bucketsOverdue,
    finding("overdue", `${warehouse.overdue} rows of BigQuery are past their end`),
  ];
}

function erasuresOf({ erasures }: AuditObservations): Finding[] {
  return [
    erasures.overdue > 0 &&
    finding("erasure_overdue", `${erasures.overdue} erasures have had no receipt for too long`),
    erasures.survivors > 0 &&
    finding("erased_but_there", `${erasures.survivors} objects are left of erased images`),
  ].filter((each) => each !== false);
}

function foreignOf({ raw, processed, requests, chain }: AuditObservations): Finding[] {
  const buckets = [
    ["raw", raw],
    ["processed", processed],
    ["erasures", requests],
    ["certificates", chain],
  ] as const;
  return buckets.filter(([, { foreign }]) => foreign > 0).map(([name, { foreign }]) =>
    finding(
      "foreign_names",
      `${foreign} names in the ${name} bucket are not of the project's making: nothing says when they end`,
    )
  );
}

/** By which clock and promise a chain is judged. */
interface ChainJudgement {
  readonly auditedAt: string;
  /** Since when there should be certificates, where there is none. */
  readonly sinceMs: number | undefined;
  readonly policy: RetentionPolicy;
}

/** Everything that is wrong in the certificates. */
export function chainFindingsOf(
  chain: AuditedChain,
  { auditedAt, sinceMs: beginMs, policy }: ChainJudgement,
): Finding[] {
  const { periodMs } = policy;
  const faults = chain.faults.map(({ n, through, fault }) =>
    finding(
      "chain_broken",
      through === undefined
        ? `certificate ${n} is ${FAULTS[fault]}`
        : `certificates ${n} to ${through} are ${FAULTS[fault]}`,
    )
  );
  const limitMs = policy.sweepIntervalMs + policy.graceMs;
  const sinceMs = chain.newestSweptAt === undefined ? beginMs : Date.parse(chain.newestSweptAt);
  const silentMs = sinceMs === undefined ? 0 : Date.parse(auditedAt) - sinceMs;
  const period = chain.periodsMs.at(-1);
  return [
    ...faults,
    silentMs > limitMs &&
    finding("sweep_missing", `no sweep has left a certificate for ${seconds(silentMs)}`),
    chain.ahead > 0 &&
    finding(
      "clock_ahead",
      `${chain.ahead} certificates are dated later than the store had them: the sweeper's clock was ahead`,
    ),
    period !== undefined && period !== periodMs &&
    finding(
      "other_period",
      `the newest certificate promises ${seconds(period)} where ${seconds(periodMs)} were audited`,
    ),
  ].filter((each) => each !== false);
}

const FAULTS = {
  missing: "missing",
  unreadable: "not readable",
  not_signed: "not signed by the keeper's key",
  broken_link: "not the successor of the one before: one of the two was altered or replaced",
} as const;

function finding(code: FindingCode, text: string): Finding {
  return { code, text };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
