/**
 * `deno task produce DIR|FILE…`: sends pictures into the Kafka door, acknowledged by all replicas and never twice.
 */
import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { Kafka, logLevel } from "kafkajs";

const HELP = `Usage: deno task produce [options] DIR|FILE...

Sends pictures to a Kafka topic, each as one record.

  --brokers LIST    host:port,... (default: $KAFKA_BROKERS or localhost:9092)
  --topic NAME      (default: images)
  --subject NAME    who owns the images (default: producer)
  --json            print one line a record: {file, topic, partition, offset, timestamp}
  --help            show this
`;

/** What a file's extension declares. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".gif": "image/gif",
  ".tif": "image/tiff",
  ".tiff": "image/tiff",
  ".heic": "image/heic",
  ".heif": "image/heif",
};
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (positionals.length === 0) fail("Cannot produce as no DIR or FILE is given (--help shows how)");
const files = (await Promise.all(positionals.map(filesOf))).flat();
if (files.length === 0) fail(`Cannot produce as there is no picture in ${positionals.join(", ")}`);

const brokers = (values.brokers ?? process.env["KAFKA_BROKERS"] ?? "localhost:9092").split(",");
const kafka = new Kafka({
  clientId: "tintype-produce",
  brokers,
  logLevel: logLevel.NOTHING,
  requestTimeout: 60_000,
});
const producer = kafka.producer({
  idempotent: true,
  maxInFlightRequests: 1,
  allowAutoTopicCreation: false,
});
try {
  await producer.connect();
  for (const [index, file] of files.entries()) {
    const value = await readFile(file);
    if (value.byteLength > MAX_REQUEST_BYTES) {
      fail(`Cannot produce ${basename(file)} as it has more than ${MAX_REQUEST_BYTES} bytes`);
    }
    const headers = {
      "content-type": CONTENT_TYPES[extname(file).toLowerCase()] ?? "application/octet-stream",
      "subject": values.subject,
    };
    const [report] = await producer.send({
      topic: values.topic,
      acks: -1,
      messages: [{ key: basename(file), value, headers }],
    });
    const { partition, baseOffset: offset, logAppendTime: timestamp } = report ?? { partition: -1 };
    if (values.json) {
      process.stdout.write(
        `${JSON.stringify({ file, topic: values.topic, partition, offset, timestamp })}\n`,
      );
    } else {process.stderr.write(
        `${index + 1} of ${files.length}: ${
          basename(file)
        } -> ${values.topic}/${partition}/${offset}\n`,
      );}
  }
} catch (error) {
  fail(`Cannot produce to ${brokers.join(",")}: ${error instanceof Error ? error.message : error}`);
} finally {
  await producer.disconnect().catch(() => undefined);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        brokers: { type: "string" },
        topic: { type: "string", default: "images" },
        subject: { type: "string", default: "producer" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error} (--help lists the options)`);
  }
}

/** The pictures of a folder and below, by name; a file stands for itself. */
async function filesOf(path: string): Promise<string[]> {
  const facts = await lstat(path).catch(() => null);
  if (facts === null) return fail(`Cannot produce as there is no ${path}`);
  if (!facts.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) =>
    entry.isFile() && extname(entry.name).toLowerCase() in CONTENT_TYPES
  )
    .map((entry) => join(entry.parentPath, entry.name)).sort();
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
