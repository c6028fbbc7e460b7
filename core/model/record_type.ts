/** What a record says of its image, in the words of events. */
export const RECORD_TYPES = [
  "image.ready",
  "image.rejected",
  "image.failed",
  "image.erased",
] as const;

/** What an image's status becomes as an event's type. */
export type RecordType = (typeof RECORD_TYPES)[number];
