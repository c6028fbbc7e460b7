import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** A door through which pictures go in. */
export type Door = "edge" | "kafka";

/** What the command line asked for. */
export interface StartOptions {
  /** Folder of pictures; undefined for those that the project draws itself. */
  readonly images: string | undefined;
  readonly once: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  /** Whether to show one picture's spans for each door. */
  readonly trace: boolean;
  readonly doors: readonly Door[];
  /** Whether `--doors` was given: a door that cannot open is then an error. */
  readonly doorsAsked: boolean;
  /** How long images are kept, in milliseconds. */
  readonly retentionMs: number;
  /** Whether the seven days were shortened, so that `--once` waits for the end. */
  readonly retentionShortened: boolean;
  /** Folder that keeps state between runs; undefined for a fresh one. */
  readonly data: string | undefined;
}

/** A wrong command line; its message is one line that says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const HELP = `Usage: deno task start [options]

Starts the whole system on this machine and sends pictures through it.

  --images DIR      send the pictures in DIR (and below) instead of drawn samples
  --once            end when they are through; print what happened to each;
                    exit 1 if anything was lost
  --json            print that as one JSON document on standard output
  --doors LIST      edge, kafka or edge,kafka (default: every door that can open)
  --retention TIME  keep images for 90s, 10m, 2h ... instead of seven days
  --data DIR        keep state in DIR between runs (default: a fresh folder)
  --trace           show what one picture of each door went through, as a tree of spans
  --verbose         show every log line
  --help            show this
`;

const FLAGS = {
  images: { type: "string" },
  once: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
  trace: { type: "boolean", default: false },
  doors: { type: "string" },
  retention: { type: "string" },
  data: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const SEVEN_DAYS_MS = 7 * 86_400_000;
const SHORTEST_MS = 30_000;
const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DOORS: readonly Door[] = ["edge", "kafka"];

/**
 * Reads the command line; `"help"` where help was asked for. Folders are absolute, taken from `calledFrom` on.
 * Throws UsageError.
 */
export function parseOptions(args: readonly string[], calledFrom: string): StartOptions | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  return {
    images: parseFolder("images", values.images, calledFrom),
    once: values.once,
    json: values.json,
    verbose: values.verbose,
    trace: values.trace,
    doors: values.doors === undefined ? DOORS : parseDoors(values.doors),
    doorsAsked: values.doors !== undefined,
    retentionMs: values.retention === undefined ? SEVEN_DAYS_MS : parseRetention(values.retention),
    retentionShortened: values.retention !== undefined,
    data: parseFolder("data", values.data, calledFrom),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false });
  } catch (error) {
    throw new UsageError(
      `${error instanceof Error ? error.message : error} (--help lists the options)`,
    );
  }
}

/** An empty name would be the project's own folder, and its secrets and state would lie among the sources. */
function parseFolder(
  option: "images" | "data",
  folder: string | undefined,
  calledFrom: string,
): string | undefined {
  if (folder === undefined) return undefined;
  if (folder !== "") return resolve(calledFrom, folder);
  throw new UsageError(
    `Cannot use --${option} as its folder has no name (--help lists the options)`,
  );
}

function parseDoors(text: string): Door[] {
  const asked = text.split(",").map((part) => part.trim());
  const doors = DOORS.filter((door) => asked.includes(door));
  if (asked.every((part) => DOORS.some((door) => door === part))) return doors;
  throw new UsageError(
    `Cannot open doors ${JSON.stringify(text)} as --doors takes edge, kafka or edge,kafka`,
  );
}

function parseRetention(text: string): number {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  const ms = match === null ? NaN : Number(match[1]) * (UNITS_MS[match[2] ?? ""] ?? NaN);
  if (ms >= SHORTEST_MS && ms <= SEVEN_DAYS_MS) return ms;
  throw new UsageError(
    `Cannot keep images for ${
      JSON.stringify(text)
    } as --retention takes 30s to 7d, such as 90s or 10m`,
  );
}
