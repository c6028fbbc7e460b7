import { parseArgs } from "node:util";

/** What `deno task produce` was asked to do. */
export interface ProduceArguments {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly subject: string;
  readonly json: boolean;
  readonly help: boolean;
  /** Folders and files. */
  readonly paths: readonly string[];
}

/** The text of `--help`. */
export const HELP = `Usage: deno task produce [options] DIR|FILE...

Sends pictures to a Kafka topic, each as one record, acknowledged by all in-sync replicas and never twice.
Exits with 0 when all are there, 1 when Kafka did not take one, 2 when the call is wrong.

  --brokers LIST    host:port,... (default: $KAFKA_BROKERS or localhost:9092)
  --topic NAME      (default: images)
  --subject NAME    who owns the images (default: producer)
  --json            print one line a record: {file, topic, partition, offset, timestamp}
  --help            show this
`;

/** Reads the command line. Throws TypeError, with a line that says what is wrong. */
export function readArguments(args: readonly string[], defaultBrokers: string): ProduceArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      brokers: { type: "string", default: defaultBrokers },
      topic: { type: "string", default: "images" },
      subject: { type: "string", default: "producer" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { brokers: list, topic, subject, json, help } = values;
  const brokers = list.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (!help && positionals.length === 0) {
    throw new TypeError("Cannot produce as no DIR or FILE is given");
  }
  for (const [name, value] of Object.entries({ brokers: list, topic, subject })) {
    if (value.trim() === "") throw new TypeError(`Cannot produce as --${name} is empty`);
  }
  return { brokers, topic, subject, json, help, paths: positionals };
}
