import { AppError } from "@tintype/core/errors";
import { isImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { eventOfRecord } from "@tintype/core/model/webhook_event";
import { imageIdOfOrigin, parseOrigin, RESULTS_SUFFIX } from "../delivery/origin.ts";
import type { ImageMessage, KafkaResult } from "../ports.ts";

/** Why a message is no result, in a word for the metric. */
type NoResult = "unreadable" | "foreign";

/** A record's result, or why it has none. */
export type ResultOrNot =
  | { readonly sourceTopic: string; readonly result: KafkaResult }
  | { readonly why: NoResult; readonly imageId: string | undefined };

/**
 * The result that a record becomes: keyed by its origin, its value the record's own bytes. `foreign` where the image's id is
 * not the one that origin, T0 and this cluster give: whoever may publish records must not write into topics by their names.
 */
export async function resultOfRecord(
  { data, attributes }: Pick<ImageMessage, "data" | "attributes">,
  cluster: string,
): Promise<ResultOrNot> {
  const event = readEvent({ data, attributes });
  const origin = parseOrigin(event?.data.origin ?? "");
  const imageId = event?.data.image_id;
  if (event === undefined || imageId === undefined || !isImageId(imageId)) {
    return { why: "unreadable", imageId };
  }
  const expected = origin && await imageIdOfOrigin(
    { ...origin, timestampMs: t0OfImageId(imageId) },
    cluster,
  );
  if (origin === undefined || expected !== imageId) return { why: "foreign", imageId };
  const { type, data: { event_id, origin: key = "", ref } } = event;
  const headers = { type, event_id, ...(ref === undefined ? {} : { ref }) };
  const topic = origin.topic + RESULTS_SUFFIX;
  return { sourceTopic: origin.topic, result: { topic, key, value: data, headers } };
}

function readEvent(message: Parameters<typeof eventOfRecord>[0]) {
  try {
    return eventOfRecord(message).event;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
