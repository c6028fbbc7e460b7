import { defineCommand } from "@tintype/cli/command";
import { nonEmpty, wholeNumber } from "@tintype/cli/flag_values";
import { BROKERS_FLAG, brokersOf, CONNECTION } from "../broker_flag.ts";

/** What `deno task produce` was asked to do. */
export interface ProduceArguments {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly subject: string;
  /** A larger file goes in chunks; undefined for what the topic takes. */
  readonly chunkBytes: number | undefined;
  readonly json: boolean;
  /** Folders and files. */
  readonly paths: readonly string[];
}

/** `deno task produce`. */
export const PRODUCE = defineCommand({
  name: "produce",
  summary:
    `Sends pictures to a Kafka topic, each as one record, or in chunks where it is larger than a record may be; acknowledged by all in-sync replicas and never twice.\n${CONNECTION}`,
  words: { placeholder: "DIR|FILE", min: 1 },
  flags: {
    "brokers": BROKERS_FLAG,
    "topic": { placeholder: "NAME", default: "images", parse: nonEmpty, description: "topic" },
    "subject": {
      placeholder: "NAME",
      default: "producer",
      parse: nonEmpty,
      description: "who owns the images",
    },
    "chunk-bytes": {
      placeholder: "N",
      parse: wholeNumber(1024), // the first chunk must hold the head of the file
      description:
        "send what is larger than N bytes in chunks (default: what is larger than the topic takes)",
    },
    "json": {
      description: "print one line a file: {file, topic, partition, offset, timestamp, chunks?}",
    },
  },
  exitCodes: { 0: "all are there", 1: "Kafka did not take one" },
});

/** What a call asks for. Throws UsageError where a broker is no address. */
export function produceArgumentsOf(
  { flags, words }: ReturnType<typeof PRODUCE.parse>,
  defaultBrokers: string,
): ProduceArguments {
  const { topic, subject, json, "chunk-bytes": chunkBytes } = flags;
  const brokers = brokersOf(flags.brokers ?? defaultBrokers);
  return { brokers, topic, subject, chunkBytes, json, paths: words };
}
