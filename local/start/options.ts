import { resolve } from "node:path";
import { defineCommand } from "@tintype/cli/command";
import { duration, durationText, nonEmpty, someOf } from "@tintype/cli/flag_values";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";

/** A source of pictures. */
export type Door = "edge" | "kafka";

/** What the command line asked for. */
export interface StartOptions {
  /** Folder of pictures; undefined for those that the project draws itself. */
  readonly images: string | undefined;
  readonly once: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  /** Whether to show one picture's spans for each source. */
  readonly trace: boolean;
  readonly doors: readonly Door[];
  /** Whether `--doors` was given: a source that cannot be used is then an error. */
  readonly doorsAsked: boolean;
  /** How long images are kept, in milliseconds. */
  readonly retentionMs: number;
  /** Whether the retention period was shortened, so that `--once` waits for the end. */
  readonly retentionShortened: boolean;
  /** Folder that keeps state between runs; undefined for a fresh one. */
  readonly data: string | undefined;
}

const SHORTEST_MS = 30_000;
const DOORS: readonly Door[] = ["edge", "kafka"];

/** `deno task start`. */
export const START = defineCommand({
  name: "start",
  summary: "Starts the whole system on this machine and sends pictures through it.",
  flags: {
    images: {
      placeholder: "DIR",
      parse: nonEmpty,
      description: "send the pictures in DIR (and below) instead of drawn samples",
    },
    once: {
      description:
        "end when they are through; print what happened to each; exit with 1 if anything was lost",
    },
    json: { description: "print that as one JSON document on standard output" },
    doors: {
      placeholder: "LIST",
      parse: someOf(DOORS),
      description: "sources to use: edge, kafka or edge,kafka (default: every one that can start)",
    },
    retention: {
      placeholder: "TIME",
      parse: duration(SHORTEST_MS, RETENTION_POLICY.periodMs),
      description: `keep images for 90s, 10m, 2h ... instead of ${
        durationText(RETENTION_POLICY.periodMs)
      }`,
    },
    data: {
      placeholder: "DIR",
      parse: nonEmpty, // "" would be the project's own folder, with secrets and state among the sources
      description: "keep state in DIR between runs (default: a fresh folder)",
    },
    trace: { description: "show one picture of each source as a tree of spans" },
    verbose: { description: "show every log line" },
  },
  exitCodes: { 1: "something was lost", 2: "wrong call, or a port is in use", 130: "interrupted" },
});

/** What a call asks for; folders are absolute, taken from `calledFrom` on. */
export function startOptionsOf(
  { flags }: ReturnType<typeof START.parse>,
  calledFrom: string,
): StartOptions {
  const { images, doors, retention, data, ...switches } = flags;
  return {
    ...switches,
    images: images === undefined ? undefined : resolve(calledFrom, images),
    doors: doors ?? DOORS,
    doorsAsked: doors !== undefined,
    retentionMs: retention ?? RETENTION_POLICY.periodMs,
    retentionShortened: retention !== undefined,
    data: data === undefined ? undefined : resolve(calledFrom, data),
  };
}
