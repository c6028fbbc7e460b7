import { isDay, parseFlags, UsageError } from "../command.ts";
import { CLOUD_FLAGS, CLOUD_HELP, type CloudFlags } from "../command_cloud.ts";

/** What to replay, and how. */
export interface ReplayCommand {
  readonly cloud: CloudFlags;
  readonly day: string | undefined;
  readonly where: string | undefined;
  readonly max: number;
  readonly isDryRun: boolean;
  readonly mayReject: boolean;
  /** Goes into the processor's version in every manifest and row. */
  readonly revision: string;
  readonly pixelProcesses: number;
  readonly isJson: boolean;
}

const DEFAULT_MAX = 1_000;
const MAX_MAX = 1_000_000;

export const HELP =
  `Usage: deno task replay [--day YYYY-MM-DD] [--where CONDITION] [--dry-run] [--max N] [options]

Processes images again, whatever became of them: after a fix, with a new pipeline or rendition table. Renditions, manifest
and row are made anew; readers see the old ones until the new ones are whole. Images in their closing time are refused. It
may be stopped and run again: what its revision has made is passed over. Exit code 0: done; 1: some failed and are as they
were; 2: wrong usage.

  --day YYYY-MM-DD     images whose T0 is in this UTC day
  --where CONDITION    SQL over the view images_current: "status = 'rejected' AND reason = 'corrupt'"
  --max N              the budget: at most so many images, the oldest first (default: ${DEFAULT_MAX})
  --dry-run            say how many that are and what they will take, and change nothing
  --may-reject         let images that are ready end as rejected; otherwise those stay as they are
  --revision NAME      what the processor's version in manifests and rows ends with (default: replay)
  --processes N        pixel processes, each takes a core (default: 2)
  --json               print the result as one JSON document
  --help               show this

PIPELINE, CODEC and TENANT_PLANS are read from the environment, as the processor reads them.
${CLOUD_HELP}`;

const FLAGS = {
  ...CLOUD_FLAGS,
  day: { type: "string" },
  where: { type: "string" },
  max: { type: "string", default: String(DEFAULT_MAX) },
  "dry-run": { type: "boolean", default: false },
  "may-reject": { type: "boolean", default: false },
  revision: { type: "string", default: "replay" },
  processes: { type: "string", default: "2" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** Reads the command line; `"help"` where help was asked for. Throws UsageError. */
export function parseReplayOptions(args: readonly string[]): ReplayCommand | "help" {
  const { values } = parseFlags({ args: [...args], options: FLAGS });
  if (values.help) return "help";
  const { day, where, revision } = values;
  if (day === undefined && where === undefined) {
    throw new UsageError("Cannot replay everything as --day or --where must say what");
  }
  if (day !== undefined && !isDay(day)) {
    throw new UsageError(`Cannot replay ${day} as --day takes YYYY-MM-DD`);
  }
  if (where?.trim() === "") {
    throw new UsageError("Cannot replay as --where must not be empty");
  }
  if (!/^[a-z0-9][a-z0-9._-]{0,31}$/.test(revision)) {
    throw new UsageError(`Cannot replay as --revision must match [a-z0-9._-]: it is ${revision}`);
  }
  return {
    cloud: values,
    day,
    where,
    revision,
    max: wholeNumber("max", values.max, MAX_MAX),
    pixelProcesses: wholeNumber("processes", values.processes, 64),
    isDryRun: values["dry-run"],
    mayReject: values["may-reject"],
    isJson: values.json,
  };
}

function wholeNumber(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError(`Cannot replay as --${flag} must be from 1 to ${max}: it is ${text}`);
}
