/** What the bridge needs of Kafka, so that the client library can be replaced. */

/** A record as it was fetched. */
export interface SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** LogAppendTime, in milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array<ArrayBuffer> | null;
  /** The last value of each header, as bytes. */
  readonly headers: ReadonlyMap<string, Uint8Array>;
}

/** A refused record with the reason, for the dead-letter topic. */
export interface DeadLetter {
  readonly record: SourceRecord;
  readonly reason: string;
  readonly message: string;
}

/** May append to the dead-letter topic; resolves when every in-sync replica has it. Gives up within seconds. */
export interface DeadLetters {
  send(letter: DeadLetter): Promise<void>;
}

/** Handles the records of one partition's fetch; what it throws makes the source fetch from the last commit again. */
export type PartitionHandler = (fetched: PartitionFetch) => Promise<void>;

/** Some records of one partition, and the ways to tell how far they are. */
export interface PartitionFetch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly SourceRecord[];
  /** Keeps the membership alive; throws when the group has moved on or cannot be reached. To be called often. */
  heartbeat(): Promise<void>;
  /** Commits the next offset to read, while ending too; throws when the group does not take it. */
  commit(next: bigint): Promise<void>;
  /** Whether the consumer is ending, or is in another generation of the group by now. */
  shouldStop(): boolean;
}

/** A member of the consumer group. */
export interface RecordSource {
  /** Joins and hands every fetch to the handler; resolves when it has joined for the first time. */
  run(handler: PartitionHandler): Promise<void>;
  /** Waits for the handlers, then leaves the group. */
  stop(): Promise<void>;
  /** Whether the group has heard of it within the session timeout. */
  isMember(): boolean;
}
