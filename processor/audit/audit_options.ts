import { defineCommand } from "@tintype/cli/command";
import { duration, path, someOf, utcTime } from "@tintype/cli/flag_values";
import { UsageError } from "@tintype/cli/usage_error";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { CLOUD_FLAGS, type CloudPlaces, placesOf } from "../command_cloud.ts";
import type { RightsOptions } from "./rights/audit_rights.ts";
import { OPTIONAL, PEOPLE } from "./rights/expected_rights.ts";

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
  /** Audit IAM instead of the stores. */
  readonly rights: Pick<RightsOptions, "prefix" | "region" | "people" | "parts"> | undefined;
}

const REGION = "europe-west4"; // Terraform's own default (`infra/terraform/variables.tf`)

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
    "rights":
      "compare the project's IAM policies with the table of rights (docs/security.md) and nothing else",
    "member WHO=MEMBER": {
      about: `with --rights: who is meant by ${
        PEOPLE.join(", ")
      }, as in Terraform, such as auditors=group:privacy@example.com`,
      parse: personOf,
      many: true,
    },
    "parts LIST": {
      about:
        "with --rights: optional parts that are deployed, of bridge and kafka (default: bridge)",
      parse: someOf(["none", ...OPTIONAL]),
    },
    "region NAME": `with --rights: the region, as in Terraform (default: ${REGION})`,
    "json": "print the audit as one JSON document",
  },
  exitCodes: {
    0: "the promise is kept, or rights are those of the table",
    1: "something is overdue, the chain is broken, or a right differs",
    2: "wrong call, or the stores or policies could not be read",
  },
});

/** Reads `auditors=group:privacy@example.com`. */
function personOf(text: string): readonly [who: string, member: string] {
  const [, who = "", member = ""] = /^(\w+)=([a-zA-Z]+:\S+)$/.exec(text) ?? [];
  if (PEOPLE.includes(who)) return [who, member];
  throw new UsageError(`must be one of ${PEOPLE.join(", ")}, then = and a member of IAM`);
}

function rightsOf(call: ReturnType<typeof AUDIT.parse>): AuditOptions["rights"] {
  const { rights, project, prefix, member, parts, region } = call;
  const areNamed = member.length > 0 || parts !== undefined || region !== undefined;
  if (!rights && !areNamed) return undefined;
  if (!rights) {
    throw new UsageError("Cannot run audit: --member, --parts and --region need --rights");
  }
  const others = [call.chain, call.publicKey, call.retention, call.copiedAt];
  const emulators = [call.storage, call.pubsub, call.bigquery];
  if (project === undefined || [...others, ...emulators].some((each) => each !== undefined)) {
    throw new UsageError(
      "Cannot run audit: --rights needs --project and takes no flag of the stores' audit; emulators have no IAM",
    );
  }
  const people = Object.fromEntries(PEOPLE.map((who) => [
    who,
    member.filter(([of]) => of === who).map(([, each]) => each),
  ]));
  return { prefix, region: region ?? REGION, people, parts: parts ?? ["bridge"] };
}

/** What a call asks for. */
export function auditOptionsOf(call: ReturnType<typeof AUDIT.parse>): AuditOptions {
  const { project, publicKey, chain, copiedAt: copiedAtMs, json } = call;
  const rights = rightsOf(call);
  const isRemote = project !== undefined || chain !== undefined;
  if (isRemote && publicKey === undefined && rights === undefined) {
    throw new UsageError("Cannot run audit: --project and --chain need --public-key");
  }
  if (chain === undefined && copiedAtMs !== undefined) {
    throw new UsageError("Cannot run audit: --copied-at needs --chain");
  }
  const periodMs = call.retention ?? (isRemote ? RETENTION_POLICY.periodMs : undefined);
  return { ...placesOf(call), periodMs, json, publicKey, chain, copiedAtMs, rights };
}
