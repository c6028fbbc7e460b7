import { isImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { eventOfRecord } from "@tintype/core/model/webhook_event";
import type { PulledMessage } from "@tintype/pubsub/pull";
import { imageIdOfOrigin, parseOrigin, RESULTS_SUFFIX } from "../delivery/origin.ts";
import type { KafkaResult } from "../ports.ts";

type RecordMessage = Pick<PulledMessage, "data" | "attributes">;

/** A record's result, and the topic that it came through. */
interface RecordResult {
  readonly sourceTopic: string;
  readonly result: KafkaResult;
}

/**
 * The result that a record becomes: keyed by its origin, its value the record's own bytes. `foreign` where the image's id is
 * not the one that origin, T0 and this cluster give: whoever may publish records must not write into topics by their names.
 */
export async function resultOfRecord(
  message: RecordMessage,
  cluster: string,
): Promise<RecordResult | "unreadable" | "foreign"> {
  const event = readEvent(message);
  if (event === undefined) return "unreadable";
  const { type, data: { image_id: imageId, event_id, origin: key = "", ref } } = event;
  const origin = parseOrigin(key);
  if (origin === undefined || !isImageId(imageId)) return "foreign";
  const dated = { ...origin, timestampMs: t0OfImageId(imageId) };
  if (await imageIdOfOrigin(dated, cluster) !== imageId) return "foreign";
  const topic = origin.topic + RESULTS_SUFFIX;
  const headers = { type, event_id, ...(ref === undefined ? {} : { ref }) };
  return { sourceTopic: origin.topic, result: { topic, key, value: message.data, headers } };
}

function readEvent({ data, attributes }: RecordMessage) {
  try {
    const row = Object(JSON.parse(new TextDecoder().decode(data)));
    return eventOfRecord({ row, attributes }).event;
  } catch {
    return undefined; // no JSON, or no record
  }
}
