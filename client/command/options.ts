import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** What the command line asked for; paths are absolute. */
export interface UploadCommand {
  /** Files and folders; empty where a folder is watched. */
  readonly paths: readonly string[];
  /** The edge, without a path. */
  readonly to: string;
  /** A token, or `@` and the path of a file that holds one; undefined for one of the local issuer. */
  readonly token: string | undefined;
  /** Folder whose pictures are sent as they come. */
  readonly watch: string | undefined;
  readonly json: boolean;
  readonly atOnce: number;
  /** Whether to wait until each image is ready or rejected. */
  readonly isReadyAwaited: boolean;
  /** Folder of what must be known to go on. */
  readonly state: string;
}

/** What stands in for what the command line does not say. */
export interface CommandDefaults {
  readonly token: string | undefined;
  /** What paths are relative to. */
  readonly folder: string;
  readonly state: string;
}

/** A wrong command line; its message is one line that says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const HELP = `Usage: deno task upload FILE|DIR... [options]
       deno task upload --watch DIR [options]

Uploads pictures, and those in folders and below, and tells what became of each.
What Ctrl-C or a lost network interrupts goes on when the same command runs again.

  --to URL         the edge (default: http://localhost:8787)
  --token TOKEN    access token, or @FILE for a file that is read whenever one is
                   needed (default: TINTYPE_TOKEN; on this machine one of the
                   local issuer)
  --watch DIR      send each new picture in DIR and below, until Ctrl-C
  --no-wait        end when the bytes are stored, not when the images are ready
  --at-once N      uploads at a time, 1 to 16 (default: 4)
  --state DIR      where unfinished uploads are remembered
                   (default: ~/.local/state/tintype)
  --json           one JSON document a line for each picture on standard output
  --help           show this

Exit codes: 0 every picture is ready (stored, with --no-wait), 1 one was refused,
rejected or lost, 2 wrong usage, 130 interrupted.
`;

const FLAGS = {
  "to": { type: "string", default: "http://localhost:8787" },
  "token": { type: "string" },
  "watch": { type: "string" },
  "no-wait": { type: "boolean", default: false },
  "at-once": { type: "string", default: "4" },
  "state": { type: "string" },
  "json": { type: "boolean", default: false },
  "help": { type: "boolean", default: false },
} as const;
const MOST_AT_ONCE = 16;
const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Reads the command line; `"help"` where help was asked for. Throws UsageError. */
export function parseOptions(
  args: readonly string[],
  { token, folder, state }: CommandDefaults,
): UploadCommand | "help" {
  const { values, positionals } = parse(args);
  if (values.help) return "help";
  if (positionals.length === 0 && values.watch === undefined) {
    throw new UsageError("Cannot upload as no FILE or DIR is named (--help tells more)");
  }
  if (positionals.length > 0 && values.watch !== undefined) {
    throw new UsageError("Cannot upload as --watch takes no other FILE or DIR");
  }
  const command = {
    paths: positionals.map((path) => resolve(folder, path)),
    to: edgeOf(values.to),
    token: tokenOf(values.token ?? token, folder),
    watch: values.watch === undefined ? undefined : resolve(folder, values.watch),
    json: values.json,
    atOnce: atOnceOf(values["at-once"]),
    isReadyAwaited: !values["no-wait"],
    state: values.state === undefined ? state : resolve(folder, values.state),
  };
  if (command.token !== undefined || LOOPBACK.includes(new URL(command.to).hostname)) {
    return command;
  }
  throw new UsageError(
    `Cannot upload to ${command.to} as there is no --token and no TINTYPE_TOKEN`,
  );
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${why} (--help lists the options)`);
  }
}

function edgeOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // An origin and nothing else, however it is spelled.
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) {
    return url.origin;
  }
  throw new UsageError(
    `Cannot upload as --to must be an address without a path: current value is ${text}`,
  );
}

/** An empty variable counts as none. */
function tokenOf(text: string | undefined, folder: string): string | undefined {
  if (text === undefined || text === "") return undefined;
  return text.startsWith("@") ? `@${resolve(folder, text.slice(1))}` : text;
}

function atOnceOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_AT_ONCE) return count;
  throw new UsageError(
    `Cannot upload as --at-once must be from 1 to ${MOST_AT_ONCE}: current value is ${text}`,
  );
}
