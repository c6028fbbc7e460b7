import * as z from "zod";
import { schemaError } from "../errors.ts";

const generation = z.string().regex(/^\d{1,19}$/);
const time = z.iso.datetime({ offset: true });

const resourceSchema = z.object({
  /** int64 as a string, as the JSON API writes it. */
  size: z.string().regex(/^\d{1,16}$/).transform(Number),
  contentType: z.string().optional(),
  /** Big-endian base64. */
  crc32c: z.string().optional(),
  /** Base64. */
  md5Hash: z.string().optional(),
  customTime: time.optional(),
  timeCreated: time.optional(),
  metadata: z.record(z.string(), z.string()).default({}),
});

const payloadSchema = z.instanceof(Uint8Array).transform((bytes, context): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    context.addIssue("must be JSON");
    return z.NEVER;
  }
}).pipe(resourceSchema);

const attributesSchema = z.object({
  eventType: z.string().min(1),
  payloadFormat: z.enum(["JSON_API_V1", "NONE"]).default("NONE"),
  bucketId: z.string().min(1),
  objectId: z.string().min(1),
  objectGeneration: generation,
  eventTime: time.optional(),
  notificationConfig: z.string().optional(),
  overwroteGeneration: generation.optional(),
  overwrittenByGeneration: generation.optional(),
});

/** The part of the object resource that Tintype reads; size in bytes, times in RFC 3339. */
export type NotifiedResource = Readonly<z.infer<typeof resourceSchema>>;

/** An event of Cloud Storage. */
export interface StorageNotification {
  /** `OBJECT_FINALIZE`, `OBJECT_DELETE` …; types to come are read too. */
  readonly eventType: string;
  readonly bucket: string;
  readonly objectName: string;
  /** int64 in decimal. */
  readonly generation: string;
  readonly eventTime?: Date;
  /** The object as it was then; only with payload format `JSON_API_V1`. */
  readonly resource?: NotifiedResource;
}

/** The part of a Pub/Sub message that carries a notification. */
export interface NotificationMessage {
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** What {@link makeStorageNotification} needs to know. */
export interface NotificationInput extends Omit<Required<StorageNotification>, "resource"> {
  /** `projects/_/buckets/B/notificationConfigs/ID`. */
  readonly notificationConfig: string;
  /** The object resource as the JSON API gives it. */
  readonly resource: Readonly<Record<string, unknown>>;
  readonly overwroteGeneration?: string | undefined;
}

/**
 * Reads the notification in a message (https://cloud.google.com/storage/docs/pubsub-notifications#format);
 * throws `invalid_request`.
 */
export function parseStorageNotification(message: NotificationMessage): StorageNotification {
  const read = attributesSchema.safeParse(message.attributes);
  if (!read.success) {
    throw schemaError("invalid_request", "Cannot read storage notification", read.error);
  }
  const { eventType, bucketId, objectId, objectGeneration, eventTime, payloadFormat } = read.data;
  const hasResource = payloadFormat === "JSON_API_V1" && message.data.length > 0;
  return {
    eventType,
    bucket: bucketId,
    objectName: objectId,
    generation: objectGeneration,
    ...(eventTime === undefined ? {} : { eventTime: new Date(eventTime) }),
    ...(hasResource ? { resource: parseResource(message.data) } : {}),
  };
}

/** The message that Cloud Storage publishes with payload format `JSON_API_V1`; what {@link parseStorageNotification} reads again. */
export function makeStorageNotification(input: NotificationInput): NotificationMessage {
  const { overwroteGeneration } = input;
  const attributes = {
    notificationConfig: input.notificationConfig,
    eventType: input.eventType,
    payloadFormat: "JSON_API_V1",
    bucketId: input.bucket,
    objectId: input.objectName,
    objectGeneration: input.generation,
    eventTime: input.eventTime.toISOString(),
    ...(overwroteGeneration === undefined ? {} : { overwroteGeneration }),
  } satisfies z.input<typeof attributesSchema>;
  return {
    attributes,
    data: new Uint8Array(new TextEncoder().encode(JSON.stringify(input.resource))),
  };
}

function parseResource(data: Uint8Array): NotifiedResource {
  const read = payloadSchema.safeParse(data);
  if (read.success) return read.data;
  throw schemaError("invalid_request", "Cannot read storage notification's payload", read.error);
}
