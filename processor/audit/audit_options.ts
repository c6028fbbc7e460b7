import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { parseArgs } from "node:util";

/** What to audit, and how to tell. */
export interface AuditOptions {
  readonly projectId: string;
  readonly buckets: {
    readonly raw: string;
    readonly processed: string;
    readonly certificates: string;
  };
  readonly dataset: string;
  /** A stand-in's address; Google's own where there is none. */
  readonly storage: string | undefined;
  readonly warehouse: string | undefined;
  /** The promise to hold the stores against, in milliseconds; undefined for what the newest certificate names. */
  readonly periodMs: number | undefined;
  readonly json: boolean;
}

/** A wrong command line; its message is one line that says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const HELP = `Usage: deno task audit [options]

Lists the stores itself, holds every name against the promised period, checks the chain of purge certificates from the
first to the last, and prints a report. It changes nothing. Exit code 0: the promise is kept; 1: something is overdue
or the chain is broken; 2: the stores could not be read.

Without --project it audits the system that "deno task start" runs on this machine.

  --project ID         audit this Google Cloud project, with the credentials of whoever runs it
  --prefix NAME        first part of its names, as in Terraform (default: tintype)
  --raw BUCKET         default: NAME-raw
  --processed BUCKET   default: NAME-processed
  --certificates BUCKET  default: NAME-certificates
  --dataset NAME       default: tintype
  --retention TIME     the promise: 7d, 90s ... (default: 7d; of a local system what its newest certificate names)
  --storage URL        a stand-in of Cloud Storage (local: http://localhost:9023)
  --warehouse URL      a stand-in of BigQuery (local: http://localhost:9050)
  --json               print the audit as one JSON document
  --help               show this
`;

const LOCAL = {
  projectId: "tintype-local",
  storage: "http://localhost:9023",
  warehouse: "http://localhost:9050",
} as const;

const FLAGS = {
  project: { type: "string" },
  prefix: { type: "string", default: "tintype" },
  raw: { type: "string" },
  processed: { type: "string" },
  certificates: { type: "string" },
  dataset: { type: "string", default: "tintype" },
  retention: { type: "string" },
  storage: { type: "string" },
  warehouse: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads the command line; `"help"` where help was asked for. Throws UsageError. */
export function parseAuditOptions(args: readonly string[]): AuditOptions | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const isLocal = values.project === undefined;
  const { prefix } = values;
  return {
    projectId: values.project ?? LOCAL.projectId,
    buckets: {
      raw: values.raw ?? `${prefix}-raw`,
      processed: values.processed ?? `${prefix}-processed`,
      certificates: values.certificates ?? `${prefix}-certificates`,
    },
    dataset: values.dataset,
    storage: addressOf("storage", values.storage ?? (isLocal ? LOCAL.storage : undefined)),
    warehouse: addressOf("warehouse", values.warehouse ?? (isLocal ? LOCAL.warehouse : undefined)),
    periodMs: periodOf(values.retention, isLocal),
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false })
      .values;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${why} (--help lists the options)`);
  }
}

function addressOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.origin;
  throw new UsageError(`Cannot audit ${text} as --${flag} takes an http or https address`);
}

function periodOf(text: string | undefined, isLocal: boolean): number | undefined {
  if (text === undefined) return isLocal ? undefined : RETENTION_POLICY.periodMs;
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  const ms = match === null ? NaN : Number(match[1]) * (UNITS_MS[match[2] ?? ""] ?? NaN);
  if (ms >= 10_000 && ms <= RETENTION_POLICY.periodMs) return ms;
  throw new UsageError(`Cannot audit against ${text} as --retention takes 10s to 7d, such as 90s`);
}
