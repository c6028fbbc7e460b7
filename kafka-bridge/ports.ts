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

/** May append to the dead-letter topic; resolves when every in-sync replica has it. Retries nothing. */
export interface DeadLetters {
  send(letter: DeadLetter): Promise<void>;
}

/** Handles the records of one partition's fetch; resolves when each is durable or `shouldStop` said so. */
export type PartitionHandler = (fetched: PartitionFetch) => Promise<void>;

/** Some records of one partition, and the ways to tell how far they are. */
export interface PartitionFetch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly SourceRecord[];
  /** Keeps the membership alive; throws when the group has moved on. */
  heartbeat(): Promise<void>;
  /** Commits the next offset to read. */
  commit(next: bigint): Promise<void>;
  /** Whether the partition was taken away or the consumer is ending. */
  shouldStop(): boolean;
}

/** A member of the consumer group. */
export interface RecordSource {
  /** Joins and hands every fetch to the handler; resolves when it has joined. */
  run(handler: PartitionHandler): Promise<void>;
  /** Ends what is under way and leaves the group. */
  stop(): Promise<void>;
  /** Whether it is a member now. */
  isMember(): boolean;
}
