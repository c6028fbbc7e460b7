import { parseArgs } from "node:util";
import { brokersOf } from "../broker_list.ts";

/** What `deno task produce` was asked to do. */
export interface ProduceArguments {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly subject: string;
  /** A larger file goes in chunks; undefined for what the topic takes. */
  readonly chunkBytes: number | undefined;
  readonly json: boolean;
  readonly help: boolean;
  /** Folders and files. */
  readonly paths: readonly string[];
}

/** The text of `--help`. */
export const HELP = `Usage: deno task produce [options] DIR|FILE...

Sends pictures to a Kafka topic, each as one record, or in chunks where it is larger than a record may be;
acknowledged by all in-sync replicas and never twice.
Connects as the bridge does, by KAFKA_TLS, KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY, KAFKA_SASL_MECHANISM,
KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.
Exits with 0 when all are there, 1 when Kafka did not take one, 2 when the call is wrong.

  --brokers LIST    host:port,... (default: $KAFKA_BROKERS or localhost:9092)
  --topic NAME      (default: images)
  --subject NAME    who owns the images (default: producer)
  --chunk-bytes N   send what is larger than N bytes in chunks (default: what is larger than the topic takes)
  --json            print one line a file: {file, topic, partition, offset, timestamp, chunks?}
  --help            show this
`;

/** The first chunk must hold what an image is known by. */
const LEAST_CHUNK_BYTES = 1024;

/** Reads the command line. Throws TypeError, with a line that says what is wrong. */
export function readArguments(args: readonly string[], defaultBrokers: string): ProduceArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      brokers: { type: "string", default: defaultBrokers },
      topic: { type: "string", default: "images" },
      subject: { type: "string", default: "producer" },
      "chunk-bytes": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { topic, subject, json, help } = values;
  const brokers = help ? [] : brokersOf(values.brokers);
  if (!help && positionals.length === 0) {
    throw new TypeError("Cannot produce as no DIR or FILE is given");
  }
  for (const [name, value] of Object.entries({ topic, subject })) {
    if (value.trim() === "") throw new TypeError(`Cannot produce as --${name} is empty`);
  }
  const chunkBytes = values["chunk-bytes"] === undefined
    ? undefined
    : Number(values["chunk-bytes"]);
  if (
    chunkBytes !== undefined && !(Number.isInteger(chunkBytes) && chunkBytes >= LEAST_CHUNK_BYTES)
  ) {
    throw new TypeError(
      `Cannot produce as --chunk-bytes must be an integer >= ${LEAST_CHUNK_BYTES}`,
    );
  }
  return { brokers, topic, subject, chunkBytes, json, help, paths: positionals };
}
