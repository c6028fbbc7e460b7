/** What the bridge needs of Kafka, so that the client library can be replaced. */

import type { KafkaObservation } from "@tintype/core/model/kafka_observation";
import type { PulledMessage } from "@tintype/pubsub/pull";

/** A record as it was fetched. */
export interface SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** When the broker stored it, or by `isCreateTime` when its producer made it, in milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly isCreateTime: boolean;
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
  /** Whether the record had a value that is not held any more; the letter then says so. */
  readonly isValueOmitted?: boolean;
}

/** May append to the dead-letter topic; resolves when every in-sync replica has it. Gives up within seconds. */
export interface DeadLetters {
  send(letter: DeadLetter): Promise<void>;
}

/** One partition, from its first fetch until the group moves on, the consumer ends or the holder restarts it. */
export interface PartitionLease {
  readonly topic: string;
  readonly partition: number;
  /** Aborted when nothing of it may be committed any more; its records come again, to whoever holds it then. */
  readonly ended: AbortSignal;
  /** Fetches nothing more of the partition until `resume()`; the membership goes on. */
  pause(): void;
  resume(): void;
  /**
   * Commits the next offset to read, and what the group keeps beside it (4,096 bytes at most), while ending too; throws
   * when the group does not take it.
   */
  commit(next: bigint, metadata: string): Promise<void>;
  /** Ends this lease and reads on from an offset, under a new one. */
  restart(from: bigint): void;
}

/** A batch of records that cannot be decoded: its codec is unknown, it is corrupt or too large. */
export interface UndecodableBatch {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** Records, as its header says. */
  readonly count: number;
  readonly codec: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
  readonly producerId: bigint;
  /** In milliseconds since the epoch. */
  readonly firstTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly reason: string;
}

/** What was fetched of one partition, offsets ascending. */
export interface PartitionFetch {
  readonly lease: PartitionLease;
  /** The offset that was asked for. */
  readonly from: bigint;
  readonly records: readonly SourceRecord[];
  /** The offset behind what was fetched: what lies before it and is not among the records is no record. */
  readonly next: bigint;
  /** The batch at `from`, where it cannot be decoded; it is fetched again and again, unless the lease is paused. */
  readonly undecodable?: UndecodableBatch | undefined;
  /** Where the partition ends. */
  readonly highWatermark: bigint;
}

/** How far behind a partition is. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Records that are in the partition and not durable yet. */
  readonly lag: bigint;
}

/** Takes over records; returns at once, and holds back what it cannot take by pausing its leases. */
export type FetchHandler = (fetched: PartitionFetch) => void;

/** May read what the group keeps beside its offsets. */
export interface CommittedMetadata {
  /** The metadata of every partition, also of other members', by `topic/partition`; empty where nothing is committed. */
  read(): Promise<ReadonlyMap<string, string>>;
}

/** May pull the records of images that came through Kafka, and acknowledge them. */
export interface ImageMessages {
  /** Up to so many; waits a bounded time for the first one, so none is no end. */
  pull(maxMessages: number, signal: AbortSignal): Promise<readonly PulledMessage[]>;
  acknowledge(messages: readonly PulledMessage[]): Promise<void>;
  /** Lets them come again in some seconds. */
  release(messages: readonly PulledMessage[]): Promise<void>;
}

/** What became of a record, for its topic's results. */
export interface KafkaResult {
  readonly topic: string;
  readonly key: string;
  readonly value: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** May append results; resolves when every in-sync replica has all of them. Gives up within seconds. */
export interface Results {
  send(results: readonly KafkaResult[]): Promise<void>;
}

/** May leave what was seen of Kafka's topics where the keeper reads it. */
export interface Observations {
  /** Replaces what was there; another member's that comes at the same moment is as good. */
  put(observation: KafkaObservation): Promise<void>;
}

/** A member of the consumer group. */
export interface RecordSource {
  /** Joins and hands every fetch to the handler; resolves when it has joined for the first time. */
  run(handler: FetchHandler): Promise<void>;
  /** Leaves the group. */
  stop(): Promise<void>;
  /** Whether the group has heard of it within the session timeout. */
  isMember(): boolean;
}
