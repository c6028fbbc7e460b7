import { defineCommand } from "@tintype/cli/command";
import { matching, nonEmpty, utcDay, wholeNumber } from "@tintype/cli/flag_values";
import { UsageError } from "@tintype/cli/usage_error";
import { CLOUD_FLAGS } from "../command_cloud.ts";

/** `deno task replay`. */
export const REPLAY = defineCommand({
  name: "replay",
  summary:
    "Processes images again, whatever became of them: after a fix, with a new pipeline or rendition table. Renditions, manifest and row are made anew; readers see the old ones until the new ones are whole. Images behind the write cutoff are refused. It may be stopped and run again: it passes over what its revision has made.\nReads PIPELINE, CODEC and TENANT_PLANS from the environment, as the processor does.",
  flags: {
    "day YYYY-MM-DD": { about: "images whose T0 is in this UTC day", parse: utcDay },
    "where CONDITION": {
      about: "SQL over the view images_current: \"status = 'rejected' AND reason = 'corrupt'\"",
      parse: nonEmpty,
    },
    "max N": {
      about: "the budget: at most so many images, the oldest first",
      parse: wholeNumber(1, 1_000_000),
      default: "1000",
    },
    "dry-run": "say how many that are and what they will take, and change nothing",
    "may-reject": "let images that are ready end as rejected; otherwise those stay as they are",
    "revision NAME": {
      about: "what the processor's version in manifests and rows ends with",
      parse: matching(/^[a-z0-9][a-z0-9._-]{0,31}$/, "be 1 to 32 of [a-z0-9._-]"),
      default: "replay",
    },
    "processes N": {
      about: "pixel processes, each takes a core",
      parse: wholeNumber(1, 64),
      default: "2",
    },
    "json": "print the result as one JSON document",
    ...CLOUD_FLAGS,
  },
  exitCodes: { 1: "some failed and are as they were" },
});

/** What to replay, and how. */
export type ReplayCommand = ReturnType<typeof REPLAY.parse>;

/** The call, where it names images; throws UsageError where it does not. */
export function requireSelection(command: ReplayCommand): ReplayCommand {
  if (command.day !== undefined || command.where !== undefined) return command;
  throw new UsageError("Cannot run replay: --day or --where must say which images");
}
