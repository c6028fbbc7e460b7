/**
 * `deno task produce DIR|FILE…`: read the command line, find the pictures, send each as a record, or as chunks,
 * into the Kafka topic, in their order and one after another, so that what was said to be there is there.
 */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import process from "node:process";
import { findPictures, type Picture, type UnsentFile } from "@tintype/cli/find_pictures";
import { requireLocalSystem } from "@tintype/cli/local_system";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { shownJson, shownText } from "@tintype/cli/shown_text";
import { readKafkaEnv } from "./config/env.ts";
import {
  chunkBytesOf,
  openPictureProducer,
  type PictureProducer,
  type ProducedPlace,
} from "./producer/kafka_producer.ts";
import { type ProduceArguments, produceCommand } from "./producer/read_arguments.ts";
import { wordsOfError } from "./operations/words_of_error.ts";

async function produce(call: ProduceArguments): Promise<number> {
  const unsent: UnsentFile[] = [];
  const onUnsent = (file: UnsentFile) => void unsent.push(file);
  const pictures = await findPictures(call.words, { anyFile: true, onUnsent });
  const env = readKafkaEnv({ ...process.env, KAFKA_BROKERS: call.brokers.join(",") });
  if (call.brokers.length === 1) await requireLocalSystem(...call.brokers); // the local one
  const producer = await openPictureProducer(env, call.topic);
  try {
    await sendAll(pictures, producer, call);
  } finally {
    await producer.close();
  }
  for (const { name, reason } of unsent) {
    process.stderr.write(`${shownText(`${name}: not sent: ${reason}`)}\n`);
  }
  return unsent.length === 0 ? EXIT.done : EXIT.failed;
}

interface Sending {
  readonly producer: PictureProducer;
  readonly call: ProduceArguments;
  /** The largest file that goes as one record. */
  readonly wholeBytes: number;
}

async function sendAll(
  pictures: readonly Picture[],
  producer: PictureProducer,
  call: ProduceArguments,
): Promise<void> {
  const startedMs = performance.now();
  const { topic, json } = call;
  const wholeBytes = Math.min(producer.maxValueBytes ?? Infinity, call.chunkBytes ?? Infinity);
  let records = 0;
  for (const [index, picture] of pictures.entries()) {
    const { place, count } = await sendPicture(picture, { producer, call, wholeBytes });
    records += count;
    const chunks = count > 1 ? { chunks: count } : {};
    if (json) {
      process.stdout.write(
        `${shownJson({ file: picture.path, topic, ...place, ...chunks })}\n`,
      );
    }
    const where = `${topic}/${place.partition}/${place.offset}`;
    const parts = count > 1 ? ` in ${count} chunks` : "";
    process.stderr.write(
      `${index + 1} of ${pictures.length}: ${shownText(picture.name)} -> ${where}${parts}\n`,
    );
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const megabytes = pictures.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  process.stderr.write(
    `${records} records, ${megabytes.toFixed(1)} MB in ${seconds.toFixed(1)} s\n`,
  );
}

/** A file as one record, or as chunks where it is larger than one may be; answers where the first of them lies. */
async function sendPicture(
  { path, contentType, bytes }: Picture,
  { producer, call: { subject }, wholeBytes }: Sending,
): Promise<{ readonly place: ProducedPlace; readonly count: number }> {
  const picture = { name: basename(path), contentType, subject };
  if (bytes <= wholeBytes) {
    return { place: await producer.send({ ...picture, value: await readFile(path) }), count: 1 };
  }
  const chunkBytes = chunkBytesOf(wholeBytes);
  const count = Math.ceil(bytes / chunkBytes);
  const id = randomUUID();
  let first: ProducedPlace | undefined;
  let index = 0;
  for await (const value of createReadStream(path, { highWaterMark: chunkBytes })) {
    const place = await producer.send({ ...picture, value, chunk: { id, index, count } });
    first ??= place;
    index++;
  }
  if (first === undefined || index !== count) {
    throw new Error(`${path} changed while it was read`);
  }
  return { place: first, count };
}

await runMain(produceCommand(process.env), produce, {
  describe: (error) => `Cannot produce: ${wordsOfError(error)}`,
});
