import { defineCommand } from "@tintype/cli/command";
import { duration, durationText, matching, path, someOf } from "@tintype/cli/flag_values";
import { UsageError } from "@tintype/cli/usage_error";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import {
  isKafkaThere,
  KAFKA_CACHE_DIR,
  KAFKA_VERSION,
  missingForKafka,
} from "../kafka/install_kafka.ts";

/** A source of pictures. */
export type Door = "edge" | "kafka";

const { periodMs } = RETENTION_POLICY;
const DOORS: readonly Door[] = ["edge", "kafka"];

/** `deno task start`. */
export const START = defineCommand({
  name: "start",
  summary: "Starts the whole system on this machine and sends pictures through it.",
  flags: {
    "images DIR": {
      about: "send the pictures in DIR (and below) instead of drawn samples",
      parse: path,
    },
    "once": "end when they are through; print what happened to each",
    "json": "print that as one JSON document on standard output",
    "doors LIST": {
      about: "sources to use: edge, kafka or edge,kafka (default: every one that can start)",
      parse: someOf(DOORS),
    },
    "retention TIME": {
      about: `keep images for 90s, 10m, 2h ... instead of ${durationText(periodMs)}`,
      parse: duration(30_000, periodMs),
    },
    "tenants DIR": {
      about:
        "upload the tenants' objects in DIR (TENANT.json, _default.json), now and when one changes",
      parse: path,
    },
    "webhook URL": {
      about: "send the events of its tenants to URL, too: https, or http on this machine",
      parse: matching(/^https?:\/\/\S+$/, "be an https address, or an http one of this machine"),
    },
    "data DIR": { about: "keep state in DIR between runs (default: a fresh folder)", parse: path },
    "trace": "show one picture of each source as a tree of spans",
    "verbose": "show every log line",
  },
  exitCodes: { 1: "something was lost", 2: "wrong call, or a port is in use", 130: "interrupted" },
});

/** What the command line asked for; folders are absolute. */
export interface StartOptions extends Omit<ReturnType<typeof START.parse>, "words"> {
  readonly doors: readonly Door[];
  /** Whether `--doors` was given: a source that cannot be used is then an error. */
  readonly doorsAsked: boolean;
  /** How long images are kept, in milliseconds. */
  readonly retentionMs: number;
}

/** What a call asks for. */
export function startOptionsOf(call: ReturnType<typeof START.parse>): StartOptions {
  const { doors = DOORS, retention: retentionMs = periodMs } = call;
  return { ...call, doors, doorsAsked: call.doors !== undefined, retentionMs };
}

/** Which sources are used, and which broker is that of Kafka. */
export interface OpenDoors {
  readonly doors: readonly Door[];
  /** A broker of the user's own; undefined for the local one. */
  readonly brokers: string | undefined;
  /** What people should know of it, in a line: why a source is not used, or takes its time. */
  readonly note?: string;
}

/** Decides which sources can be used here. Throws UsageError where one was asked for that cannot. */
export async function openDoors(
  { doors, doorsAsked }: Pick<StartOptions, "doors" | "doorsAsked">,
  brokers: string | undefined,
): Promise<OpenDoors> {
  if (!doors.includes("kafka") || brokers !== undefined) return { doors, brokers };
  const missing = await missingForKafka(KAFKA_CACHE_DIR);
  if (missing === undefined) {
    if (isKafkaThere(KAFKA_CACHE_DIR)) return { doors, brokers };
    return {
      doors,
      brokers,
      note: `Fetching Apache Kafka ${KAFKA_VERSION} with Maven, once (43 MB)`,
    };
  }
  if (doorsAsked) throw new UsageError(`Cannot use Kafka as a source: ${missing}`);
  return { doors: ["edge"], brokers, note: `Kafka is not used as a source: ${missing}` };
}
