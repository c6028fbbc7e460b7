import type { StorageNotification } from "@tintype/core/events/notification";
import type { ObjectFacts } from "@tintype/core/ports/object_store";

/** Returns the object that a notification is about; undefined where it does not describe it, as one that was published again. */
export function notifiedObject(
  { objectName: name, generation, resource }: StorageNotification,
): ObjectFacts | undefined {
  if (resource?.timeCreated === undefined) return undefined;
  const { size, contentType, crc32c, customTime, timeCreated, metadata } = resource;
  const customTimeMs = customTime === undefined ? undefined : Date.parse(customTime);
  const createdMs = Date.parse(timeCreated);
  return { name, generation, size, contentType, crc32c, customTimeMs, createdMs, metadata };
}
