import { defineCommand } from "@tintype/cli/command";
import { duration } from "@tintype/cli/flag_values";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { CLOUD_FLAGS, type CloudPlaces, placesOf } from "../command_cloud.ts";

/** What to audit, and how to report it. */
export interface AuditOptions extends CloudPlaces {
  /** The retention period to hold the stores against; undefined for what the newest certificate names. */
  readonly periodMs: number | undefined;
  readonly json: boolean;
}

/** `deno task audit`. */
export const AUDIT = defineCommand({
  name: "audit",
  summary:
    "Lists the stores itself, holds every name against the promised period, checks the chain of deletion certificates from the first to the last, and prints a report. It changes nothing.",
  flags: {
    ...CLOUD_FLAGS,
    "retention TIME": {
      about:
        "the promised period, such as 90s (default: the policy's; of a local system what its newest certificate names)",
      parse: duration(10_000, RETENTION_POLICY.periodMs),
    },
    "json": "print the audit as one JSON document",
  },
  exitCodes: {
    0: "the promise is kept",
    1: "something is overdue or the chain is broken",
    2: "wrong call, or the stores could not be read",
  },
});

/** What a call asks for. */
export function auditOptionsOf(call: ReturnType<typeof AUDIT.parse>): AuditOptions {
  const periodMs = call.project === undefined ? undefined : RETENTION_POLICY.periodMs;
  return { ...placesOf(call), periodMs: call.retention ?? periodMs, json: call.json };
}
