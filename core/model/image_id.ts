import { AppError } from "../errors.ts";
import { hexOf } from "../hex.ts";
import { rememberNewest } from "./remember_newest.ts";

declare const brand: unique symbol;

/** The id of an image: a UUIDv7 in lower case, whose timestamp is T0. */
export type ImageId = string & { readonly [brand]: "ImageId" };

/** A UUID of version 7 (RFC 9562, section 5.7) in lower case. */
export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const MAX_TIMESTAMP = 2 ** 48 - 1;

/** Random bytes, as many as asked for; a port so that ids can be made without chance in tests. */
export type RandomBytes = (count: number) => Uint8Array;

/** Whether `value` is an image id as Tintype writes it (lower case). */
export function isImageId(value: string): value is ImageId {
  return UUID_V7.test(value);
}

/** Parses an image id, upper case allowed; throws `invalid_request` where it is not a UUIDv7. */
export function parseImageId(value: string): ImageId {
  const lower = value.length === 36 ? value.toLowerCase() : "";
  if (isImageId(lower)) return lower;
  throw new AppError("invalid_request", "Cannot read imageId as it must be a UUID of version 7", {
    errors: [{ path: "imageId", message: "must be a UUID of version 7" }],
  });
}

/** T0, the time inside the image's id, in milliseconds since the epoch. */
export const t0OfImageId = rememberNewest((imageId: ImageId): number =>
  Number.parseInt(imageId.slice(0, 8), 16) * 0x10000 +
  Number.parseInt(imageId.slice(9, 13), 16)
);

/** Makes an image id of a time in milliseconds and at least ten bytes; throws RangeError outside 48 bits. */
export function makeImageId(timeMs: number, random: Uint8Array): ImageId {
  if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs > MAX_TIMESTAMP) {
    throw new RangeError(`Cannot make image id: timeMs must be a 48-bit integer (got ${timeMs})`);
  }
  if (random.length < 10) throw new RangeError("Cannot make image id: it needs ten random bytes");
  const bytes = random.slice(0, 10);
  bytes[0] = 0x70 | (bytes[0] ?? 0) & 0x0f; // version 7
  bytes[2] = 0x80 | (bytes[2] ?? 0) & 0x3f; // variant of RFC 9562
  const hex = timeMs.toString(16).padStart(12, "0") + hexOf(bytes);
  return parseImageId(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
}

/** The first id that a millisecond can have: the lower bound of a time window in a listing. */
export function firstImageIdOf(timeMs: number): ImageId {
  return makeImageId(Math.max(0, timeMs), new Uint8Array(10));
}

/** Where a record lies in Kafka. */
interface RecordPosition {
  /** A configured constant that names the cluster. */
  readonly cluster: string;
  readonly topic: string;
  readonly partition: number;
  /** int64 in decimal. */
  readonly offset: string;
}

/**
 * The id of the image in a Kafka record: its timestamp (LogAppendTime, ms) and bits of
 * SHA-256(`cluster/topic/partition/offset`), so that a redelivered record has the same id.
 */
export async function imageIdOfRecord(
  position: RecordPosition,
  timestampMs: number,
): Promise<ImageId> {
  const { cluster, topic, partition, offset } = position;
  const text = new TextEncoder().encode(`${cluster}/${topic}/${partition}/${offset}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return makeImageId(timestampMs, digest);
}

/** What the ids of all images of a record end with, whenever it was stored. */
export async function imageIdEndOfRecord(position: RecordPosition): Promise<string> {
  return (await imageIdOfRecord(position, 0)).slice("00000000-0000-".length);
}
