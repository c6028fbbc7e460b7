import { AppError } from "@tintype/core/errors";
import { readIam } from "../../adapters/iam_policies.ts";
import { findingsOf, notesOf } from "../audit_report.ts";
import { compareRights, type RightsAudit } from "./compare_rights.ts";
import { type RightsSystem, SERVICES } from "./expected_rights.ts";

/** Whose rights to audit; `endpoint` is a server that has Google's paths, undefined for Google itself. */
export interface RightsOptions
  extends Pick<RightsSystem, "projectId" | "prefix" | "people" | "parts"> {
  readonly region: string;
  readonly buckets: Readonly<Record<string, string>>;
  readonly dataset: string;
  readonly endpoint?: string;
}

/** Compares live IAM with the table of rights. Throws AppError where a policy cannot be read, with the name of each. */
export async function auditRights(options: RightsOptions): Promise<RightsAudit> {
  const live = await readIam({ ...options, services: SERVICES });
  if (live.unread.length > 0) {
    throw new AppError(
      "internal",
      `Cannot audit rights: could not read ${
        live.unread.join(", ")
      }. It needs the verbs review and inspect, and Terraform's prefix, region and dataset`,
    );
  }
  const views = live.places.filter((place) => place.startsWith("views "))
    .map((place) => place.slice("views ".length));
  const system = { ...options, views, projectNumber: live.projectNumber };
  return compareRights(live, system, { buckets: options.buckets, nowMs: Date.now() });
}

/** An audit of rights as a text. */
export function rightsReport(audit: RightsAudit, projectId: string): string {
  const { passed, findings, auditedAt, rights, policies } = audit;
  const wrong = `FAILED. ${findings.length} finding(s), below.`;
  return [
    "AUDIT OF RIGHTS",
    "",
    `Result:   ${passed ? "PASSED. Google's policies grant what the table of rights has." : wrong}`,
    `Seen:     ${auditedAt}, project ${projectId}: ${policies} policies, against ${rights} rights of the table.`,
    "          What a folder or the organisation grants shows in neither.",
    ...findingsOf(audit),
    ...notesOf(audit),
    "",
  ].join("\n");
}
