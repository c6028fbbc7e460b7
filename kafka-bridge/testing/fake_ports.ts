/** Records, fetches and ports for the package's tests. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ImageRecord } from "@tintype/core/model/image_record";
import { parseTenant } from "@tintype/core/model/tenant";
import { DEFAULT_PLAN, type TopicPlan } from "@tintype/core/model/tenant_plan";
import type { Log, LogFields } from "@tintype/core/ports/log";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { MemoryQuota } from "@tintype/core/testing/memory_quota";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { PNG_PIXEL } from "@tintype/core/testing/sample_images";
import type { MakeDurablePorts } from "../delivery/make_durable.ts";
import type { BridgePorts } from "../delivery/partition.ts";
import { PartitionCounts } from "../delivery/partition_counts.ts";
import { ByteBudget } from "../delivery/byte_budget.ts";
import { Circuit } from "../delivery/circuit.ts";
import type { Timings } from "../delivery/timings.ts";
import { createMetrics } from "../operations/metrics.ts";
import { ReadinessBlockers } from "../operations/readiness_blockers.ts";
import type { DeadLetter, PartitionFetch, PartitionLease, SourceRecord } from "../ports.ts";
import { PSEUDONYM_KEYS, saltOf } from "./day_salts.ts";

/** The time of every record and of the clock, in milliseconds since the epoch. */
export const NOW_MS = Date.UTC(2026, 0, 15, 12);
const STREAM: TopicPlan = {
  tenant: parseTenant("stream"),
  allowTenantHeader: false,
  defaultSubject: undefined,
};
const TOPICS: ReadonlyMap<string, TopicPlan> = new Map([
  ["images", STREAM],
  ["open", { ...STREAM, allowTenantHeader: true, defaultSubject: "camera" }],
  ["cameras", {
    ...STREAM,
    defaultSubject: "camera-{partition}-{key}",
    headers: { "subject": "ce_subject", "ref": "Order-Id" },
  }],
]);

/** Tenants with the default plan; `stream` has the topics `images`, `open` and `cameras`. */
export const TENANTS: BridgePorts["tenants"] = {
  planOf: async () => DEFAULT_PLAN,
  topicOf: async (topic) => TOPICS.get(topic),
};

/** The headers of a picture that is taken. */
export const IMAGE_HEADERS = { "content-type": "image/png", "subject": "ada" } as const;

/** A pace of milliseconds, but that chunk sets have time. */
export const FAST_TIMINGS: Timings = {
  commitEveryMs: 10,
  minDelayMs: 2,
  maxDelayMs: 8,
  graceMs: 100,
  chunkSilenceMs: 60_000,
};

/** A record of the topic `images`: a picture that is taken, by default. */
export function recordOf(
  given: Partial<Omit<SourceRecord, "headers">> & {
    readonly headers?: Readonly<Record<string, string | Uint8Array>>;
  } = {},
): SourceRecord {
  const { headers = IMAGE_HEADERS, ...rest } = given;
  const bytes = Object.entries(headers).map(([name, value]) =>
    [name, typeof value === "string" ? new TextEncoder().encode(value) : value] as const
  );
  return {
    topic: "images",
    partition: 0,
    offset: 0n,
    timestampMs: NOW_MS,
    isCreateTime: false,
    key: null,
    value: PNG_PIXEL,
    ...rest,
    headers: new Map(bytes),
  };
}

/** The headers of a picture whose record is in a redrive topic: which record of `images` it was, and when it came. */
export function redrivenHeaders(timestamp: number | string, topic = "images") {
  return {
    ...IMAGE_HEADERS,
    "__connect.errors.topic": topic,
    "__connect.errors.partition": "0",
    "__connect.errors.offset": "5",
    "tintype.timestamp": String(timestamp),
  };
}

/** The headers of a picture's chunk. */
export function chunkHeaders(id: string, index: number, count: number) {
  return {
    ...IMAGE_HEADERS,
    "chunk-id": id,
    "chunk-index": String(index),
    "chunk-count": String(count),
  };
}

/** A lease over fakes that remembers what was committed and whether it is paused. */
interface FakeLease extends PartitionLease {
  readonly commits: bigint[];
  readonly restarts: bigint[];
  isPaused: boolean;
  end(): void;
}

/** A lease of a partition of `images`; `override` replaces parts of it. */
export function leaseOf(override: Partial<PartitionLease> = {}): FakeLease {
  const ended = new AbortController();
  const lease: FakeLease = {
    topic: "images",
    partition: 0,
    ended: ended.signal,
    commits: [],
    restarts: [],
    isPaused: false,
    pause: () => lease.isPaused = true,
    resume: () => lease.isPaused = false,
    commit: async (next) => void lease.commits.push(next),
    restart: (from) => {
      lease.restarts.push(from);
      ended.abort();
    },
    end: () => ended.abort(),
    ...override,
  };
  return lease;
}

/** These records as a fetch that reaches to `next`, the partition's end. */
export function fetchOf(
  lease: PartitionLease,
  records: readonly SourceRecord[],
  next = (records.at(-1)?.offset ?? -1n) + 1n,
): PartitionFetch {
  return { lease, from: records[0]?.offset ?? 0n, records, next, highWatermark: next };
}

/** Counts of which every record is taken, and none is ever to be committed. */
const UNLIMITED: BridgePorts["quotas"] = {
  open: async () => new PartitionCounts("", ""),
  take: async () => undefined,
};

/** Everything that the bridge needs, in memory, at a pace of milliseconds. */
export function fakePorts(override: Partial<BridgePorts & MakeDurablePorts> = {}) {
  const letters: DeadLetter[] = [];
  const records: ImageRecord[] = [];
  const lines: { readonly event: string; readonly fields: LogFields }[] = [];
  const write = (event: string, fields: LogFields = {}) => void lines.push({ event, fields });
  const log: Log = { info: write, warn: write, error: write };
  const store = new MemoryObjectStore();
  const budget = new ByteBudget(1024 * 1024);
  const quota = Object.assign(new MemoryQuota(), { leave: () => undefined });
  const ports: BridgePorts & MakeDurablePorts = {
    ...{ quota, quotas: UNLIMITED },
    creator: store satisfies ObjectCreator,
    tenants: TENANTS,
    salts: { saltAt: async (timeMs) => saltOf(timeMs) },
    pseudonymKeys: PSEUDONYM_KEYS,
    policy: RETENTION_POLICY,
    clock: { now: () => NOW_MS },
    cluster: "local",
    deadLetters: { send: async (letter) => void letters.push(letter) },
    records: { publish: async (record) => void records.push(record) },
    hashing: portableHashing,
    budget,
    circuit: new Circuit({
      failuresToOpen: 1_000,
      minProbeMs: 2,
      maxProbeMs: 8,
      onChange: () => {},
    }),
    metrics: createMetrics({
      inFlight: () => budget.taken,
      lags: () => [],
      isCircuitOpen: () => false,
      oldestResultMs: () => undefined,
    }),
    readiness: new ReadinessBlockers(log),
    log,
    recordsAtOnce: 16,
    timings: FAST_TIMINGS,
    ...override,
  };
  return { ports, store, letters, records, lines };
}

/** Waits until it is so; throws after five seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("It never came so");
    await sleep(2);
  }
}
