import { defineCommand } from "@tintype/cli/command";
import { matching, nonEmpty, utcDay, wholeNumber } from "@tintype/cli/flag_values";
import { UsageError } from "@tintype/cli/usage_error";
import { CLOUD_FLAGS, type CloudFlags } from "../command_cloud.ts";

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

/** `deno task replay`. */
export const REPLAY = defineCommand({
  name: "replay",
  summary:
    "Processes images again, whatever became of them: after a fix, with a new pipeline or rendition table. Renditions, manifest and row are made anew; readers see the old ones until the new ones are whole. Images behind the write cutoff are refused. It may be stopped and run again: it passes over what its revision has made.\nReads PIPELINE, CODEC and TENANT_PLANS from the environment, as the processor does.",
  flags: {
    "day": {
      placeholder: "YYYY-MM-DD",
      parse: utcDay,
      description: "images whose T0 is in this UTC day",
    },
    "where": {
      placeholder: "CONDITION",
      parse: nonEmpty,
      description:
        "SQL over the view images_current: \"status = 'rejected' AND reason = 'corrupt'\"",
    },
    "max": {
      placeholder: "N",
      default: "1000",
      parse: wholeNumber(1, 1_000_000),
      description: "the budget: at most so many images, the oldest first",
    },
    "dry-run": { description: "say how many that are and what they will take, and change nothing" },
    "may-reject": {
      description: "let images that are ready end as rejected; otherwise those stay as they are",
    },
    "revision": {
      placeholder: "NAME",
      default: "replay",
      parse: matching(/^[a-z0-9][a-z0-9._-]{0,31}$/, "1 to 32 of [a-z0-9._-]"),
      description: "what the processor's version in manifests and rows ends with",
    },
    "processes": {
      placeholder: "N",
      default: "2",
      parse: wholeNumber(1, 64),
      description: "pixel processes, each takes a core",
    },
    "json": { description: "print the result as one JSON document" },
    ...CLOUD_FLAGS,
  },
  exitCodes: { 1: "some failed and are as they were" },
});

/** What a call asks for. Throws UsageError where it names no images. */
export function replayCommandOf({ flags }: ReturnType<typeof REPLAY.parse>): ReplayCommand {
  const { day, where, max, revision } = flags;
  if (day === undefined && where === undefined) {
    throw new UsageError("Cannot run replay: --day or --where must say which images");
  }
  return {
    cloud: flags,
    day,
    where,
    max,
    revision,
    pixelProcesses: flags.processes,
    isDryRun: flags["dry-run"],
    mayReject: flags["may-reject"],
    isJson: flags.json,
  };
}
