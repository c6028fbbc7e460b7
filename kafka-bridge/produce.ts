/**
 * `deno task produce DIR|FILE…`: read the command line, find the pictures, send each as a record into the Kafka door,
 * in their order and one after another, so that what was said to be there is there.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { findPictures, type PictureFile } from "./producer/find_pictures.ts";
import { openPictureProducer, type PictureProducer } from "./producer/kafka_producer.ts";
import { HELP, type ProduceArguments, readArguments } from "./producer/read_arguments.ts";

const DEFAULT_BROKERS = process.env["KAFKA_BROKERS"] || "localhost:9092";
const EXIT = { sent: 0, notTaken: 1, wrongCall: 2 } as const;

async function main(args: readonly string[]): Promise<number> {
  const call = readArguments(args, DEFAULT_BROKERS);
  if (call.help) {
    process.stdout.write(HELP);
    return EXIT.sent;
  }
  const pictures = await findPictures(call.paths);
  const producer = await openPictureProducer(call.brokers, call.topic);
  try {
    requireSizes(pictures, producer);
    await sendAll(pictures, producer, call);
  } finally {
    await producer.close();
  }
  return EXIT.sent;
}

/** Nothing is sent where one file is too large: half a folder is worse than none. */
function requireSizes(pictures: readonly PictureFile[], { maxValueBytes }: PictureProducer): void {
  if (maxValueBytes === undefined) return;
  const tooLarge = pictures.find(({ bytes }) => bytes > maxValueBytes);
  if (tooLarge === undefined) return;
  throw new TypeError(
    `Cannot produce ${tooLarge.path} as its size must be <= ${maxValueBytes}: current value is ${tooLarge.bytes}`,
  );
}

async function sendAll(
  pictures: readonly PictureFile[],
  producer: PictureProducer,
  { topic, subject, json }: ProduceArguments,
): Promise<void> {
  const startedMs = performance.now();
  for (const [index, { path, name, contentType }] of pictures.entries()) {
    const place = await producer.send({ name, contentType, subject, value: await readFile(path) });
    if (json) process.stdout.write(`${JSON.stringify({ file: path, topic, ...place })}\n`);
    const where = `${topic}/${place.partition}/${place.offset}`;
    process.stderr.write(`${index + 1} of ${pictures.length}: ${name} -> ${where}\n`);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const megabytes = pictures.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  process.stderr.write(
    `${pictures.length} records, ${megabytes.toFixed(1)} MB in ${seconds.toFixed(1)} s\n`,
  );
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const isWrongCall = error instanceof TypeError;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(isWrongCall ? `${text} (--help)\n` : `Cannot produce: ${text}\n`);
  return isWrongCall ? EXIT.wrongCall : EXIT.notTaken;
});
