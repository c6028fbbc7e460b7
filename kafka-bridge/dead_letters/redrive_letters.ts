import type { IHeaders, Kafka, Producer } from "kafkajs";
import { INTEGER, LETTER_HEADERS, REDRIVE_SUFFIX } from "../delivery/origin.ts";
import { type Letter, readLetters } from "./read_letters.ts";
import { readRecordAt } from "./read_record_at.ts";

/** Which letters to send again. */
interface LetterSelection {
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
  readonly problem?: string | undefined;
}

/** What to send again, and how. */
export interface RedriveOptions {
  /** The dead-letter topic. */
  readonly topic: string;
  readonly selection: LetterSelection;
  /** Send nothing. */
  readonly isDryRun: boolean;
  /** How long after T0 a copy may still be put into the operators' topic, in milliseconds. */
  readonly copyMs: number;
  readonly nowMs: number;
  readonly onOutcome: (outcome: RedriveOutcome) => void;
  /** Ends the reading; what was sent stays sent. */
  readonly signal?: AbortSignal;
}

/** Whether a letter is among those that were selected. */
export function isSelected({ reason, place }: Letter, selection: LetterSelection): boolean {
  const { reasons, places } = selection;
  if (reasons.size > 0 && !reasons.has(reason)) return false;
  return places.size === 0 || places.has(place);
}

/** Reasons that lie in the record or in its age: it would be refused for ever, whatever its tenant's plan says. */
const FINAL_REASONS: ReadonlySet<string> = new Set([
  "not_an_image",
  "invalid_record",
  "incomplete_chunks",
  "storage_refused",
  "too_late",
]);

/** Whether a letter can never pass and was not named, by its reason or its place. */
export function isLeftOut({ reason }: Letter, { reasons, places }: LetterSelection): boolean {
  return reasons.size === 0 && places.size === 0 && FINAL_REASONS.has(reason);
}

/**
 * Sends every selected letter to `<topic>.redrive`, acknowledged by all in-sync replicas: the same key, headers and value,
 * and one more redrive. Its identity and T0 go with it, so that it becomes the same image, however often it is sent.
 * Of several letters of one record the newest goes, or each redrive of what is refused again would double them.
 * A value that the letter goes without is read where the record was first. With `isDryRun` nothing is sent.
 * Letters that can never pass are left out unless they are named. Returns how many, and the places without a letter that
 * was selected.
 */
export async function redriveLetters(
  kafka: Kafka,
  options: RedriveOptions,
): Promise<Pick<Found, "missing" | "leftOut">> {
  // Not idempotent: a sequence number that is used again after a lost answer would swallow the next letter.
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const { newest, missing, leftOut } = await findNewest(kafka, options);
  if (!options.isDryRun) await producer.connect();
  try {
    await readLetters(kafka, options.topic, async (letter) => {
      if (newest.get(recordOf(letter))?.place !== letter.place) return;
      options.onOutcome(await redrive(letter, { kafka, producer }, options));
    }, options.signal);
  } finally {
    if (!options.isDryRun) await producer.disconnect();
  }
  return { missing, leftOut };
}

interface Found {
  /** The letter that was redriven most often of each record, among those that were selected. */
  readonly newest: ReadonlyMap<string, Pick<Letter, "place" | "redrives">>;
  /** Places at which there is no letter that was selected. */
  readonly missing: ReadonlySet<string>;
  /** How many letters can never pass and were not named. */
  readonly leftOut: number;
}

async function findNewest(kafka: Kafka, options: RedriveOptions): Promise<Found> {
  const { topic, selection, signal } = options;
  const missing = new Set(selection.places);
  let leftOut = 0;
  const newest = new Map<string, Pick<Letter, "place" | "redrives">>();
  await readLetters(kafka, topic, async (letter) => {
    if (!isSelected(letter, selection)) return;
    if (isLeftOut(letter, selection)) return void leftOut++;
    const { place, redrives } = letter; // not its bytes
    missing.delete(place);
    if (redrives < (newest.get(recordOf(letter))?.redrives ?? 0)) return;
    newest.set(recordOf(letter), { place, redrives });
  }, signal);
  return { newest, missing, leftOut };
}

/** Identifies a dead letter's record; one that names none stands for itself. */
function recordOf({ headers, origin, place }: Letter): string {
  return (headers.get(LETTER_HEADERS.topic) ?? "") === "" ? place : origin;
}

/** Why a letter must not be sent again; undefined where it may. */
export function problemOf(
  { headers, timestampMs }: Letter,
  { copyMs, nowMs }: Pick<RedriveOptions, "copyMs" | "nowMs">,
): string | undefined {
  const { topic, partition, offset } = LETTER_HEADERS;
  const isNamed = (headers.get(topic) ?? "") !== "" &&
    [partition, offset].every((name) => INTEGER.test(headers.get(name) ?? ""));
  if (!isNamed) return "it names no record";
  if (!(timestampMs > 0)) return "it does not say when its record came";
  const ageMs = nowMs - timestampMs;
  if (ageMs <= copyMs) return undefined;
  return `it is too late: its bytes would outlive the image's purge (T0 is ${
    hoursOf(ageMs)
  } ago, at most ${hoursOf(copyMs)} may be)`;
}

async function redrive(
  letter: Letter,
  clients: { readonly kafka: Kafka; readonly producer: Producer },
  options: RedriveOptions,
): Promise<RedriveOutcome> {
  const refused = (problem: string) => ({ letter, sentTo: undefined, problem });
  const problem = problemOf(letter, options);
  if (problem !== undefined) return refused(problem);
  const original = letter.isValueOmitted
    ? await readRecordAt(clients.kafka, placeOf(letter))
    : letter.record;
  if (original === undefined) return refused("its record is not in its topic any more");
  const sentTo = (letter.headers.get(LETTER_HEADERS.topic) ?? "") + REDRIVE_SUFFIX;
  if (options.isDryRun) return { letter, sentTo };
  const { [LETTER_HEADERS.value]: _omitted, ...headers } = letter.record.headers ?? {};
  const counted: IHeaders = { ...headers, [LETTER_HEADERS.redrives]: String(letter.redrives + 1) };
  const { key } = letter.record;
  const { value } = original;
  try {
    await clients.producer.send({
      topic: sentTo,
      acks: -1,
      messages: [{ key, value, headers: counted }],
    });
  } catch (error) {
    return refused(`${sentTo} does not take it: ${error instanceof Error ? error.message : error}`);
  }
  return { letter, sentTo };
}

function placeOf({ headers }: Letter) {
  return {
    topic: headers.get(LETTER_HEADERS.topic) ?? "",
    partition: Number(headers.get(LETTER_HEADERS.partition)),
    offset: BigInt(headers.get(LETTER_HEADERS.offset) ?? "-1"),
  };
}

function hoursOf(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} hours`;
}
