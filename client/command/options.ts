import { defineCommand } from "@tintype/cli/command";
import { httpOrigin, path, wholeNumber } from "@tintype/cli/flag_values";
import { URLS } from "@tintype/cli/local_ports";
import { isLocal } from "@tintype/cli/local_system";
import { UsageError } from "@tintype/cli/usage_error";

/** `deno task upload`. */
export const UPLOAD = defineCommand({
  name: "upload",
  summary:
    "Uploads pictures, and those in folders and below, and reports what became of each. An upload that Ctrl-C or a lost network interrupts continues when the same command runs again.",
  usage: ["FILE|DIR... [options]", "--watch DIR [options]"],
  words: { placeholder: "FILE|DIR", min: 0, parse: path },
  flags: {
    "to URL": { about: "the edge", parse: httpOrigin, default: URLS.edge },
    "token TOKEN": {
      about:
        "access token, or @FILE for a file that is read whenever one is needed (default: TINTYPE_TOKEN; on this machine one of the local OIDC provider)",
      parse: tokenOf,
    },
    "watch DIR": { about: "send each new picture in DIR and below, until Ctrl-C", parse: path },
    "no-wait": "end when the bytes are stored, not when the images are ready",
    "at-once N": { about: "uploads at a time", parse: wholeNumber(1, 16), default: "4" },
    "state DIR": {
      about: "where unfinished uploads are remembered (default: ~/.local/state/tintype)",
      parse: path,
    },
    "json": "one JSON document a line for each picture on standard output",
  },
  exitCodes: {
    0: "every picture is ready (stored, with --no-wait)",
    1: "one was refused, rejected or lost",
    130: "interrupted",
  },
});

/** What to upload, and how; paths are absolute. */
export type UploadCommand = ReturnType<typeof UPLOAD.parse> & { readonly state: string };

/** The call with what the environment says in place of what it does not. Throws UsageError. */
export function uploadCommandOf(
  call: ReturnType<typeof UPLOAD.parse>,
  env: Readonly<Record<string, string | undefined>>,
): UploadCommand {
  const { words, watch, to } = call;
  const token = call.token ?? (env["TINTYPE_TOKEN"] ? tokenOf(env["TINTYPE_TOKEN"]) : undefined);
  if ((words.length > 0) === (watch !== undefined)) {
    throw new UsageError("Cannot run upload: takes FILE or DIR, or --watch DIR alone: see --help");
  }
  if (token === undefined && !isLocal(to)) {
    throw new UsageError(`Cannot upload to ${to}: set --token or TINTYPE_TOKEN`);
  }
  const states = env["XDG_STATE_HOME"] ?? `${env["HOME"] ?? "."}/.local/state`;
  return { ...call, token, state: call.state ?? `${states}/tintype` };
}

function tokenOf(text: string): string {
  return text.startsWith("@") ? `@${path(text.slice(1))}` : text;
}
