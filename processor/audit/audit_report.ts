import { durationText } from "@tintype/core/duration";
import type { AuditedBucket } from "@tintype/core/retention/audit_bucket";
import type { CertificatesAudit } from "@tintype/core/retention/audit_certificates";
import type { Audit } from "@tintype/core/retention/audit_stores";
import type { CloudPlaces } from "../command_cloud.ts";

/** An audit as a text that needs no knowledge of the system: the result first, then what it rests on. */
export function auditReport(audit: Audit, places: CloudPlaces): string {
  return [
    ...headOf(audit, places),
    ...findingsOf(audit),
    ...seenOf(audit, places),
    ...erasuresOf(audit),
    ...chainOf(audit),
    ...placesOf(audit),
    ...notesOf(audit),
    "",
  ].join("\n");
}

/** An audit of certificates that were copied into a folder, as a text. */
export function certificatesReport(audit: CertificatesAudit, folder: string): string {
  const { passed, findings, auditedAt } = audit;
  return [
    "AUDIT OF CERTIFICATES",
    "",
    `Result:   ${passed ? "PASSED" : `FAILED. ${findings.length} finding(s), below.`}`,
    `Seen:     ${folder}, copied at ${auditedAt}. Of the stores this says nothing, and what was cut off at the`,
    "          end within the last minutes before that time shows only in the copy in BigQuery.",
    ...findingsOf(audit),
    ...chainOf(audit),
    ...notesOf(audit),
    "",
  ].join("\n");
}

function headOf(audit: Audit, { projectId, storage }: CloudPlaces): string[] {
  return [
    "RETENTION AUDIT",
    "",
    `Result:   ${
      audit.passed
        ? "PASSED. Nothing is kept beyond its time, and the chain of certificates is whole."
        : `FAILED. ${audit.findings.length} finding(s), below.`
    }`,
    `Promise:  every copy of an image is kept for ${
      durationText(audit.periodMs)
    } from the moment its upload`,
    "          began, and is gone at the end of that time.",
    `Seen:     ${audit.auditedAt}, project ${projectId}${
      storage === undefined ? "" : ` (an emulator at ${storage})`
    }`,
    `Policy:   SHA-256 ${audit.policyHash}`,
  ];
}

/** The findings as numbered lines; nothing where there are none. */
export function findingsOf(
  { findings }: { readonly findings: readonly { readonly code: string; readonly text: string }[] },
): string[] {
  if (findings.length === 0) return [];
  const lines = findings.map(({ code, text }, index) => `  ${index + 1}. [${code}] ${text}.`);
  return ["", "WHAT IS WRONG", ...lines];
}

function seenOf(audit: Audit, { buckets, dataset }: CloudPlaces): string[] {
  const { raw, processed, requests, warehouse } = audit;
  const endMs = (t0Ms: number | undefined) =>
    t0Ms === undefined ? "-" : new Date(t0Ms + audit.periodMs).toISOString();
  const rows = [
    ["store", "items", "bytes", "oldest began", "so it ends", "in removal", "overdue"],
    bucketRow(`originals (${buckets.raw})`, raw, endMs),
    bucketRow(`processed (${buckets.processed})`, processed, endMs),
    bucketRow(`erasure requests (${buckets.erasures})`, requests, endMs),
    [
      `metadata rows (${dataset}.images)`,
      String(warehouse.rows),
      "-",
      iso(warehouse.oldestT0Ms),
      endMs(warehouse.oldestT0Ms),
      "-",
      String(warehouse.overdue),
    ],
  ];
  return [
    "",
    "WHAT IS KEPT",
    "Seen by this audit, which listed the stores itself; times are the times in the items' names.",
    ...aligned(rows),
  ];
}

function bucketRow(
  name: string,
  { objects, bytes, oldestT0Ms, due, overdue }: AuditedBucket,
  endOf: (t0Ms: number | undefined) => string,
): string[] {
  const counts = [due, overdue].map(String);
  return [name, String(objects), String(bytes), iso(oldestT0Ms), endOf(oldestT0Ms), ...counts];
}

function erasuresOf({ erasures }: Audit): string[] {
  const { asked, receipts, overdue } = erasures;
  return [
    "",
    "ERASURES THAT OWNERS ASKED FOR",
    `  asked for, and still within their period: ${asked}`,
    `  done, with a receipt: ${receipts}; under way: ${
      asked - receipts - overdue
    }; overdue: ${overdue}`,
  ];
}

function chainOf({ chain }: Pick<Audit, "chain">): string[] {
  const signed = chain.areSignaturesRead ? "each signature checked" : "no signature checked";
  const broken = chain.faults.length === 0 ? "unbroken" : `${chain.faults.length} FAULTS`;
  return [
    "",
    "CERTIFICATES",
    "Each purge left a numbered certificate that holds the hash of the one before: none can be changed, removed or",
    "exchanged without this check seeing it. Each is signed by the keeper. The copy in BigQuery shows where it must end.",
    `  numbers 1 to ${chain.newest}, ${chain.found} found, ${broken}, ${signed}; the copy knows of ${chain.knownNewest}`,
    `  from ${chain.firstSweptAt ?? "-"} to ${chain.newestSweptAt ?? "-"}`,
    `  removed in all: ${chain.deleted} items`,
  ];
}

function placesOf({ places }: Audit): string[] {
  return [
    "",
    "WHAT BOUNDS THE REST",
    "Places that cannot be listed. Observed: this audit read the setting. Configured: it could not, and says why where it tried.",
    ...places.map(({ place, evidence, bound }) =>
      `  ${place.replaceAll("_", " ")} (${evidence}): ${bound}`
    ),
  ];
}

/** The notes as lines; nothing where there are none. */
export function notesOf({ notes }: Pick<Audit, "notes">): string[] {
  return notes.length === 0 ? [] : ["", "NOTES", ...notes.map((note) => `  ${note}`)];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}`
  );
}

function iso(ms: number | undefined): string {
  return ms === undefined ? "-" : new Date(ms).toISOString();
}
