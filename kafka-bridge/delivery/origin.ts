import { type ImageId, imageIdOfRecord } from "@tintype/core/model/image_id";
import { CLIENT_AHEAD_MS } from "@tintype/core/reading/own_image";
import type { SourceRecord } from "../ports.ts";

/** Where a record was first, and when. */
export type RecordOrigin = Pick<SourceRecord, "topic" | "partition" | "offset" | "timestampMs">;

/** The ending of the operators' topics: the only ones where a record's identity and time are read from its headers. */
export const REDRIVE_SUFFIX = ".redrive";

/** The ending of the topics that get what became of each record. */
export const RESULTS_SUFFIX = ".results";

/** Header names of a dead letter and of a redriven record: Kafka Connect's own, and ours. */
export const LETTER_HEADERS = {
  topic: "__connect.errors.topic",
  partition: "__connect.errors.partition",
  offset: "__connect.errors.offset",
  stage: "__connect.errors.stage",
  className: "__connect.errors.exception.class.name",
  message: "__connect.errors.exception.message",
  reason: "tintype.reason",
  /** LogAppendTime of the record, in milliseconds since the epoch: its T0. */
  timestamp: "tintype.timestamp",
  /** `omitted` where the letter goes without the record's value. */
  value: "tintype.value",
  /** How often the record was sent to the redrive topic. */
  redrives: "tintype.redrives",
} as const;

/** A header that is a number: an integer from 0, in decimal. */
export const INTEGER = /^(0|[1-9][0-9]{0,18})$/;

/**
 * The record itself, or, on `<topic>.redrive`, the place and time of the record of `<topic>` that its headers name;
 * undefined where they do not.
 */
export function originOf(record: SourceRecord): RecordOrigin | undefined {
  if (!record.topic.endsWith(REDRIVE_SUFFIX)) return record;
  const topic = record.topic.slice(0, -REDRIVE_SUFFIX.length);
  const partition = integerOf(record, LETTER_HEADERS.partition);
  const offset = integerOf(record, LETTER_HEADERS.offset);
  const timestamp = integerOf(record, LETTER_HEADERS.timestamp);
  if (textOf(record, LETTER_HEADERS.topic) !== topic) return undefined;
  if (partition === undefined || offset === undefined || timestamp === undefined) return undefined;
  return { topic, partition: Number(partition), offset, timestampMs: Number(timestamp) };
}

/** `topic/partition/offset`. */
export function originText({ topic, partition, offset }: RecordOrigin): string {
  return `${topic}/${partition}/${offset}`;
}

const ORIGIN = /^([A-Za-z0-9._-]{1,249})\/([0-9]{1,10})\/([0-9]{1,19})$/;

/** Reads what {@link originText} wrote; undefined where it is something else. */
export function parseOrigin(text: string): Omit<RecordOrigin, "timestampMs"> | undefined {
  const [, topic, partition, offset] = ORIGIN.exec(text) ?? [];
  if (topic === undefined || offset === undefined) return undefined;
  return { topic, partition: Number(partition), offset: BigInt(offset) };
}

/** Where a record lies, for logs, and where it was first, where that is another place. */
export function placeOf(record: SourceRecord) {
  const { topic, partition, offset } = record;
  const place = { topic, partition, offset: String(offset) };
  const origin = originOf(record);
  if (origin === undefined || origin === record) return place;
  return { ...place, origin: originText(origin) };
}

/** Whether an image's id can be made of its time: neither without one nor ahead of every clock. */
export function hasUsableTime({ timestampMs }: RecordOrigin, nowMs: number): boolean {
  return Number.isSafeInteger(timestampMs) && timestampMs >= 0 && !isAhead(timestampMs, nowMs);
}

/** Whether a time lies further ahead than a client's clock may. */
export function isAhead(timestampMs: number, nowMs: number): boolean {
  return timestampMs > nowMs + CLIENT_AHEAD_MS;
}

/** The id of the image in the record, whose T0 is `timestampMs`. */
export async function imageIdOfOrigin(
  { topic, partition, offset, timestampMs }: RecordOrigin,
  cluster: string,
): Promise<ImageId> {
  return await imageIdOfRecord({ cluster, topic, partition, offset: String(offset) }, timestampMs);
}

function integerOf(record: SourceRecord, header: string): bigint | undefined {
  const text = textOf(record, header);
  return text !== undefined && INTEGER.test(text) ? BigInt(text) : undefined;
}

function textOf({ headers }: SourceRecord, header: string): string | undefined {
  const value = headers.get(header);
  return value === undefined ? undefined : new TextDecoder().decode(value);
}
