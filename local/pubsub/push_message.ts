/** A change of an object that a notification may tell of; `resource` is the JSON API's object resource. */
export interface StorageEvent {
  readonly eventType:
    | "OBJECT_FINALIZE"
    | "OBJECT_METADATA_UPDATE"
    | "OBJECT_DELETE"
    | "OBJECT_ARCHIVE";
  readonly bucket: string;
  /** Must hold `name` and `generation`; int64 fields are strings. */
  readonly resource: Readonly<Record<string, unknown>>;
  /** The generation that this one replaced. */
  readonly overwroteGeneration?: string;
}

/** The two subscriptions: storage notifications, and those that were refused too often. */
export type SubscriptionKey = "events" | "dead";

/** An event as it is kept, with the time of the change (RFC 3339). */
export type StoredEvent = StorageEvent & { readonly eventTime: string };

/** A message that is being delivered. */
export interface PushMessage {
  readonly messageId: string;
  readonly event: StoredEvent;
  /** Attributes beside the notification's own. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Counts this delivery: 1 for the first. */
  readonly attempts: number;
  /** When it was published, in milliseconds since the epoch. */
  readonly createdAt: number;
}
