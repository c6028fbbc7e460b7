import { defineCommand } from "@tintype/cli/command";
import { duration, path, utcTime } from "@tintype/cli/flag_values";
import { UsageError } from "@tintype/cli/usage_error";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { CLOUD_FLAGS, type CloudPlaces, placesOf } from "../command_cloud.ts";

/** What to audit, and how to report it. */
export interface AuditOptions extends CloudPlaces {
  /** The retention period to hold the stores against; undefined for what the newest certificate names. */
  readonly periodMs: number | undefined;
  readonly json: boolean;
  /** A file of the auditor's public keys. */
  readonly publicKey: string | undefined;
  /** A folder of certificates, the only thing to audit then, and when it was copied. */
  readonly chain: string | undefined;
  readonly copiedAtMs: number | undefined;
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
    "public-key FILE": {
      about: "public keys of certificates (PEM), against which every signature is checked",
      parse: path,
    },
    "chain FOLDER": {
      about: "audit the certificates in this folder and nothing else; needs no cloud",
      parse: path,
    },
    "copied-at TIME": {
      about: "when the folder was copied, such as 2026-11-30T08:00:00Z (default: now)",
      parse: utcTime,
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
  const { project, publicKey, chain, copiedAt: copiedAtMs, json } = call;
  const isRemote = project !== undefined || chain !== undefined;
  if (isRemote && publicKey === undefined) {
    throw new UsageError("Cannot run audit: --project and --chain need --public-key");
  }
  if (chain === undefined && copiedAtMs !== undefined) {
    throw new UsageError("Cannot run audit: --copied-at needs --chain");
  }
  const periodMs = call.retention ?? (isRemote ? RETENTION_POLICY.periodMs : undefined);
  return { ...placesOf(call), periodMs, json, publicKey, chain, copiedAtMs };
}
