import { defineCommand } from "@tintype/cli/command";
import { nonEmpty, wholeNumber } from "@tintype/cli/flag_values";
import { brokersFlag, CONNECTION, type Env } from "../config/brokers.ts";

/** `deno task produce`; its words are folders and files. */
export function produceCommand(env: Env) {
  return defineCommand({
    name: "produce",
    summary:
      `Sends pictures to a Kafka topic, each as one record, or in chunks where it is larger than a record may be; acknowledged by all in-sync replicas and never twice.\n${CONNECTION}`,
    words: { placeholder: "DIR|FILE", min: 1 },
    flags: {
      ...brokersFlag(env),
      "topic NAME": { about: "topic", parse: nonEmpty, default: "images" },
      "subject NAME": { about: "who owns the images", parse: nonEmpty, default: "producer" },
      "chunk-bytes N": {
        about:
          "send what is larger than N bytes in chunks (default: what is larger than the topic takes)",
        parse: wholeNumber(1024), // the first chunk must hold the head of the file
      },
      "json": "print one line a file: {file, topic, partition, offset, timestamp, chunks?}",
    },
    exitCodes: { 0: "all are there", 1: "Kafka did not take one" },
  });
}

/** What it was asked to do. */
export type ProduceArguments = ReturnType<ReturnType<typeof produceCommand>["parse"]>;
