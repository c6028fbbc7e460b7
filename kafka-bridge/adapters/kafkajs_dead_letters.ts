import type { IHeaders, Kafka, Message } from "kafkajs";
import { LETTER_HEADERS, originOf } from "../delivery/origin.ts";
import type { DeadLetter } from "../ports.ts";
import { kafkajsProducer } from "./kafkajs_producer.ts";

const OMITTED = { [LETTER_HEADERS.value]: "omitted" } as const;

/**
 * Appends dead letters with Kafka Connect's header names, acknowledged by all in-sync replicas.
 * A record whose dead letter is larger than the topic takes goes without its value (`tintype.value: omitted`); the
 * source topic still has that at the place that the headers name.
 */
export function kafkajsDeadLetters(kafka: Kafka, topic: string) {
  const producer = kafkajsProducer(kafka);
  const append = (message: Message) => producer.send({ topic, acks: -1, messages: [message] });
  return {
    connect: () => producer.connect(),
    close: () => producer.disconnect(),
    async send(letter: DeadLetter): Promise<void> {
      const message = messageOf(letter);
      try {
        await append(message);
      } catch (error) {
        if (!isTooLarge(error) || message.value === null) throw error;
        const headers = { ...message.headers, ...OMITTED };
        await append({ ...message, value: null, headers });
      }
    },
  };
}

function messageOf({ record, reason, message, isValueOmitted = false }: DeadLetter): Message {
  const original = Object.fromEntries(
    [...record.headers].map(([name, value]) => [name, Buffer.from(value)]),
  );
  // A redriven record's letter names the record that it was first.
  const origin = originOf(record) ?? record;
  const headers: IHeaders = {
    ...original,
    [LETTER_HEADERS.topic]: origin.topic,
    [LETTER_HEADERS.partition]: String(origin.partition),
    [LETTER_HEADERS.offset]: String(origin.offset),
    [LETTER_HEADERS.stage]: "TASK_PUT",
    [LETTER_HEADERS.className]: "AppError",
    [LETTER_HEADERS.message]: message,
    [LETTER_HEADERS.reason]: reason,
    [LETTER_HEADERS.timestamp]: String(origin.timestampMs),
    ...(isValueOmitted ? OMITTED : {}),
  };
  return { key: bufferOf(record.key), value: bufferOf(record.value), headers };
}

/** The same bytes without a copy. */
function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "type" in error &&
    (error.type === "MESSAGE_TOO_LARGE" || error.type === "RECORD_LIST_TOO_LARGE");
}
