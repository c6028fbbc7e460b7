import { randomUUID } from "node:crypto";
import type { IHeaders, Kafka, KafkaMessage, Producer } from "kafkajs";
import { LETTER_HEADERS, REDRIVE_SUFFIX } from "../origin.ts";
import { type Letter, readLetters } from "./read_letters.ts";

/** Which letters to send again. */
export interface LetterSelection {
  /** Reason codes; every one where it is empty. */
  readonly reasons: ReadonlySet<string>;
  /** Places in the dead-letter topic; every one where it is empty. */
  readonly places: ReadonlySet<string>;
}

/** What became of one letter. */
export interface RedriveOutcome {
  readonly letter: Letter;
  /** Where it went; undefined where nothing was sent. */
  readonly sentTo: string | undefined;
  /** Why it cannot be sent, where that is so. */
  readonly problem?: string;
}

const VALUE_WAIT_MS = 10_000;

/** Whether a letter is among those that were selected. */
export function isSelected({ reason, place }: Letter, selection: LetterSelection): boolean {
  const { reasons, places } = selection;
  if (reasons.size > 0 && !reasons.has(reason)) return false;
  return places.size === 0 || places.has(place);
}

/**
 * Sends every selected letter to `<topic>.redrive`, acknowledged by all in-sync replicas: the same key, headers and value,
 * and one more redrive. Its identity and T0 go with it, so that it becomes the same image, however often it is sent.
 * A value that the letter goes without is read where the record was first. With `isDryRun` nothing is sent.
 */
export async function redriveLetters(
  kafka: Kafka,
  { topic, selection, isDryRun, onOutcome }: {
    readonly topic: string;
    readonly selection: LetterSelection;
    readonly isDryRun: boolean;
    readonly onOutcome: (outcome: RedriveOutcome) => void;
  },
): Promise<void> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  if (!isDryRun) await producer.connect();
  try {
    await readLetters(kafka, topic, async (letter) => {
      if (!isSelected(letter, selection)) return;
      onOutcome(await redrive(letter, { kafka, producer, isDryRun }));
    });
  } finally {
    if (!isDryRun) await producer.disconnect();
  }
}

async function redrive(
  letter: Letter,
  { kafka, producer, isDryRun }: {
    readonly kafka: Kafka;
    readonly producer: Producer;
    readonly isDryRun: boolean;
  },
): Promise<RedriveOutcome> {
  const source = letter.headers.get(LETTER_HEADERS.topic) ?? "";
  if (source === "") return { letter, sentTo: undefined, problem: "it names no record" };
  const sentTo = source + REDRIVE_SUFFIX;
  if (isDryRun) return { letter, sentTo };
  const original = letter.isValueOmitted ? await readOriginal(kafka, letter) : letter.record;
  if (original === undefined) {
    return { letter, sentTo: undefined, problem: "its record is not in its topic any more" };
  }
  const { [LETTER_HEADERS.value]: _omitted, ...headers } = letter.record.headers ?? {};
  const counted: IHeaders = { ...headers, [LETTER_HEADERS.redrives]: String(letter.redrives + 1) };
  const { key } = letter.record;
  const { value } = original;
  await producer.send({ topic: sentTo, acks: -1, messages: [{ key, value, headers: counted }] });
  return { letter, sentTo };
}

/** The refused record itself, undefined where its topic has it no more. */
async function readOriginal(kafka: Kafka, { headers }: Letter): Promise<KafkaMessage | undefined> {
  const topic = headers.get(LETTER_HEADERS.topic) ?? "";
  const partition = Number(headers.get(LETTER_HEADERS.partition));
  const offset = headers.get(LETTER_HEADERS.offset) ?? "";
  const consumer = kafka.consumer({
    groupId: `tintype-dlq-${randomUUID()}`,
    allowAutoTopicCreation: false,
  });
  const found = Promise.withResolvers<KafkaMessage | undefined>();
  const timer = setTimeout(() => found.resolve(undefined), VALUE_WAIT_MS);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition: from, message }) => {
        if (from !== partition || BigInt(message.offset) < BigInt(offset)) return;
        found.resolve(message.offset === offset ? message : undefined);
      },
    });
    consumer.seek({ topic, partition, offset });
    return await found.promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}
