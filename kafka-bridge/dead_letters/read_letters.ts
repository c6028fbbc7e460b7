import type { Kafka, KafkaMessage } from "kafkajs";
import { LETTER_HEADERS } from "../delivery/origin.ts";
import { inOwnGroup, startReading } from "./own_group.ts";

/** A dead letter as it lies in its topic. */
export interface Letter {
  /** `partition/offset` in the dead-letter topic. */
  readonly place: string;
  /** `topic/partition/offset` of the record that was refused. */
  readonly origin: string;
  readonly reason: string;
  readonly message: string;
  /** When Kafka took the refused record, in milliseconds since the epoch: its T0. */
  readonly timestampMs: number;
  readonly redrives: number;
  readonly isValueOmitted: boolean;
  /** Every header as text, the last value of each. */
  readonly headers: ReadonlyMap<string, string>;
  readonly record: KafkaMessage;
}

/** What is shown of a letter: no header and no byte of its record. */
export function factsOf(letter: Letter) {
  const { place, origin, reason, message, timestampMs, redrives, isValueOmitted, record } = letter;
  const bytes = record.value?.byteLength ?? 0;
  return { place, origin, reason, message, timestampMs, redrives, isValueOmitted, bytes };
}

/** Reads a topic from its beginning to where it ends now, letter by letter, in the order of each partition. */
export async function readLetters(
  kafka: Kafka,
  topic: string,
  onLetter: (letter: Letter) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  await inOwnGroup(kafka, async (admin, consumer) => {
    const left = new Map(
      (await admin.fetchTopicOffsets(topic))
        .filter(({ low, high }) => BigInt(low) < BigInt(high))
        .map(({ partition, high }) => [partition, BigInt(high)]),
    );
    if (left.size === 0) return;
    const done = Promise.withResolvers<void>();
    consumer.on("consumer.crash", ({ payload }) => done.reject(payload.error));
    signal?.addEventListener("abort", () => done.reject(signal.reason), { once: true });
    done.promise.catch(() => undefined); // where reading did not begin, nobody waits for it
    signal?.throwIfAborted();
    await startReading(consumer, topic, async (message, partition) => {
      const high = left.get(partition);
      const { hole } = message;
      if (high === undefined) return;
      if (hole?.kind === "undecodable") {
        const { firstOffset, reason } = hole.batch;
        const place = `${topic}/${partition}/${firstOffset}`;
        return done.reject(new Error(`Cannot decode the batch at ${place}: ${reason}`));
      }
      const isLetter = hole === undefined && BigInt(message.offset) < high;
      if (isLetter) await onLetter(letterOf(message, partition));
      if (BigInt(message.offset) + 1n < high) return;
      left.delete(partition);
      if (left.size === 0) done.resolve();
    });
    await done.promise;
  });
}

function letterOf(record: KafkaMessage, partition: number): Letter {
  const headers = new Map(
    Object.entries(record.headers ?? {}).map(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return [name, last === undefined || last === null ? "" : String(last)] as const;
    }),
  );
  const text = (name: string) => headers.get(name) ?? "";
  const { topic, partition: from, offset } = LETTER_HEADERS;
  return {
    place: `${partition}/${record.offset}`,
    origin: `${text(topic)}/${text(from)}/${text(offset)}`,
    reason: text(LETTER_HEADERS.reason) || "unknown",
    message: text(LETTER_HEADERS.message),
    timestampMs: Number(text(LETTER_HEADERS.timestamp)),
    redrives: Number(text(LETTER_HEADERS.redrives)) || 0,
    isValueOmitted: text(LETTER_HEADERS.value) === "omitted",
    headers,
    record,
  };
}
