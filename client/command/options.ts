import { resolve } from "node:path";
import { defineCommand } from "@tintype/cli/command";
import { httpOrigin, wholeNumber } from "@tintype/cli/flag_values";
import { isLocal } from "@tintype/cli/local_system";
import { UsageError } from "@tintype/cli/usage_error";

/** What the command line asked for; paths are absolute. */
export interface UploadCommand {
  /** Files and folders; empty where a folder is watched. */
  readonly paths: readonly string[];
  /** The edge, without a path. */
  readonly to: string;
  /** A token, or `@` and the path of a file that holds one; undefined for one of the local OIDC provider. */
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

/** What takes the place of what the command line does not say. */
export interface CommandDefaults {
  readonly token: string | undefined;
  /** What paths are relative to. */
  readonly folder: string;
  readonly state: string;
}

/** `deno task upload`. */
export const UPLOAD = defineCommand({
  name: "upload",
  summary:
    "Uploads pictures, and those in folders and below, and reports what became of each. An upload that Ctrl-C or a lost network interrupts continues when the same command runs again.",
  usage: ["FILE|DIR... [options]", "--watch DIR [options]"],
  words: { placeholder: "FILE|DIR", min: 0 },
  flags: {
    "to": {
      placeholder: "URL",
      default: "http://localhost:8787",
      parse: httpOrigin,
      description: "the edge",
    },
    "token": {
      placeholder: "TOKEN",
      description:
        "access token, or @FILE for a file that is read whenever one is needed (default: TINTYPE_TOKEN; on this machine one of the local OIDC provider)",
    },
    "watch": {
      placeholder: "DIR",
      description: "send each new picture in DIR and below, until Ctrl-C",
    },
    "no-wait": { description: "end when the bytes are stored, not when the images are ready" },
    "at-once": {
      placeholder: "N",
      default: "4",
      parse: wholeNumber(1, 16),
      description: "uploads at a time",
    },
    "state": {
      placeholder: "DIR",
      description: "where unfinished uploads are remembered (default: ~/.local/state/tintype)",
    },
    "json": { description: "one JSON document a line for each picture on standard output" },
  },
  exitCodes: {
    0: "every picture is ready (stored, with --no-wait)",
    1: "one was refused, rejected or lost",
    130: "interrupted",
  },
});

/** What a call asks for. Throws UsageError. */
export function uploadCommandOf(
  { flags, words }: ReturnType<typeof UPLOAD.parse>,
  { token, folder, state }: CommandDefaults,
): UploadCommand {
  if ((words.length > 0) === (flags.watch !== undefined)) {
    throw new UsageError("Cannot run upload: takes FILE or DIR, or --watch DIR alone: see --help");
  }
  const command = {
    paths: words.map((path) => resolve(folder, path)),
    to: flags.to,
    token: tokenOf(flags.token ?? token, folder),
    watch: flags.watch === undefined ? undefined : resolve(folder, flags.watch),
    json: flags.json,
    atOnce: flags["at-once"],
    isReadyAwaited: !flags["no-wait"],
    state: flags.state === undefined ? state : resolve(folder, flags.state),
  };
  if (command.token !== undefined || isLocal(command.to)) return command;
  throw new UsageError(`Cannot upload to ${command.to}: set --token or TINTYPE_TOKEN`);
}

/** An empty variable counts as none. */
function tokenOf(text: string | undefined, folder: string): string | undefined {
  if (text === undefined || text === "") return undefined;
  return text.startsWith("@") ? `@${resolve(folder, text.slice(1))}` : text;
}
