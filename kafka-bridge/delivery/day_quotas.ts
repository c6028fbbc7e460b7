/**
 * The tenants' daily quotas over all partitions of a group. A partition takes images up to its limit (`partition_counts.ts`);
 * for more it commits that it asks, then reads all others', and commits a higher one where they have room together. Of two
 * that ask at once, whoever reads last sees both, so that the limits never exceed the quota, whoever dies when.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { hasRoom, type QuotaAmount, quotaExceeded } from "@tintype/core/ingest/quota_exceeded";
import { DAY_MS, dayOf, startOfDay } from "@tintype/core/model/utc_day";
import type { Clock } from "@tintype/core/ports/clock";
import type { QuotaClaim } from "@tintype/core/ports/quota";
import type { CommittedMetadata } from "../ports.ts";
import { type DayKey, minus, parseCounts, PartitionCounts, plus } from "./partition_counts.ts";

/** What counting needs. */
export interface DayQuotasPorts {
  readonly committed: CommittedMetadata;
  readonly clock: Clock;
  /** How long to wait for what other partitions may give back, each time. */
  readonly waitMs: number;
}

/** One partition that wants to take an image. */
export interface QuotaRaise {
  /** `topic/partition`. */
  readonly place: string;
  readonly counts: PartitionCounts;
  readonly offset: bigint;
  readonly key: DayKey;
  readonly claim: QuotaClaim;
  /** Commits the counts; throws where the group does not take them. */
  readonly commit: () => Promise<void>;
  readonly stopping: AbortSignal;
}

/** A share of what is left is claimed at once, at most so many images. */
const SHARES_A_PARTITION = 4;
const MAX_IMAGES = 4_096;
/** How often others are waited for that hold what they have not used. */
const WAITS = 5;
/** How long a day counts as full without another look; a plan may be widened. */
const FULL_MS = 5_000;
const CONFLICT_MS = 50;
/** Records are never older than the retention period. */
const KEPT_DAYS = 8;
const NOTHING: QuotaAmount = { images: 0, bytes: 0 };

interface FullDay {
  readonly untilMs: number;
  readonly need: QuotaAmount;
  readonly left: QuotaAmount;
}

/** The quotas as one member counts them. */
export class DayQuotas {
  readonly #ports: DayQuotasPorts;
  readonly #last = new Map<string, PartitionCounts>();
  readonly #queues = new Map<DayKey, Promise<void>>();
  readonly #full = new Map<DayKey, FullDay>();

  constructor(ports: DayQuotasPorts) {
    this.#ports = ports;
  }

  /** The counts of a partition that is read from `first` on. */
  async open(place: string, first: bigint): Promise<PartitionCounts> {
    const metadata = (await this.#ports.committed.read()).get(place) ?? "";
    const last = this.#last.get(place);
    // Nobody else has committed since: what is durable and not committed does not come again.
    if (last !== undefined && last.committed === metadata) {
      last.restart(first);
      return last;
    }
    const fromDay = dayOf(this.#ports.clock.now() - KEPT_DAYS * DAY_MS);
    const counts = new PartitionCounts(metadata, fromDay);
    this.#last.set(place, counts);
    return counts;
  }

  /** Takes an image beyond its partition's limit. Throws `quota_exceeded`, and what committing and reading throw. */
  async take(raise: QuotaRaise): Promise<void> {
    const { key } = raise;
    const before = this.#queues.get(key) ?? Promise.resolve();
    const taking = before.then(() => this.#takeInTurn(raise));
    const over = taking.catch(() => undefined);
    this.#queues.set(key, over);
    await taking.finally(() => {
      if (this.#queues.get(key) === over) this.#queues.delete(key);
    });
  }

  async #takeInTurn(raise: QuotaRaise): Promise<void> {
    const { counts, offset, key, claim, stopping } = raise;
    const limits = { images: claim.imagesPerDay, bytes: claim.bytesPerDay };
    const need = { images: 1, bytes: claim.bytes };
    for (let waits = 0, conflicts = 0;;) {
      stopping.throwIfAborted();
      if (counts.take(offset, key, claim.bytes)) return;
      this.#refuseWhileFull(raise, need);
      const { partitions, others } = await this.#look(raise);
      const own = counts.countOf(key);
      const left = minus(minus(limits, others.limit), own.used);
      if (!hasRoom(left, need)) {
        const unused = minus(minus(limits, others.used), own.used);
        if (!hasRoom(unused, need) || waits++ >= WAITS) this.#refuse(raise, need, unused);
        await sleep(this.#ports.waitMs, undefined, { signal: stopping });
        continue;
      }
      const shares = conflicts > 0 ? Infinity : SHARES_A_PARTITION * partitions;
      const share = {
        images: Math.min(MAX_IMAGES, Math.max(1, Math.floor(left.images / shares))),
        bytes: Math.max(claim.bytes, Math.floor(left.bytes / shares)),
      };
      const limit = plus(own.used, share);
      await this.#raise(raise, {
        images: Math.max(limit.images, own.limit.images),
        bytes: Math.max(limit.bytes, own.limit.bytes),
      });
      if (counts.take(offset, key, claim.bytes)) return;
      await sleep(Math.random() * CONFLICT_MS * ++conflicts, undefined, { signal: stopping });
    }
  }

  /** Asks for a limit, looks at all others', and commits it where they have room together; else it is withdrawn. */
  async #raise({ counts, key, commit, ...raise }: QuotaRaise, limit: QuotaAmount): Promise<void> {
    const { claim: { imagesPerDay, bytesPerDay } } = raise;
    counts.ask(key, limit);
    try {
      await commit();
      const { others } = await this.#look({ ...raise, key });
      const left = minus({ images: imagesPerDay, bytes: bytesPerDay }, others.limit);
      if (hasRoom(left, limit)) counts.grant(key);
    } finally {
      counts.ask(key, undefined);
    }
    await commit();
  }

  /** What all other partitions use and may use, as they committed it. */
  async #look({ place, key }: Pick<QuotaRaise, "place" | "key">) {
    const all = await this.#ports.committed.read();
    const others = { used: NOTHING, limit: NOTHING };
    for (const [other, metadata] of all) {
      const count = other === place ? undefined : parseCounts(metadata).get(key);
      if (count === undefined) continue;
      others.used = plus(others.used, count.used);
      others.limit = plus(others.limit, count.asked);
    }
    return { partitions: Math.max(1, all.size), others };
  }

  #refuseWhileFull({ key, claim }: QuotaRaise, need: QuotaAmount): void {
    const full = this.#full.get(key);
    if (full === undefined) return;
    if (performance.now() >= full.untilMs) return void this.#full.delete(key);
    if (hasRoom(need, full.need)) throw quotaExceeded(claim, full.left, this.#endsInMs(key));
  }

  #refuse({ key, claim }: QuotaRaise, need: QuotaAmount, unused: QuotaAmount): never {
    const left = { images: Math.max(0, unused.images), bytes: Math.max(0, unused.bytes) };
    this.#full.set(key, { need, left, untilMs: performance.now() + FULL_MS });
    throw quotaExceeded(claim, left, this.#endsInMs(key));
  }

  #endsInMs(key: DayKey): number {
    const [day = ""] = key.split("/");
    return Math.max(0, startOfDay(day) + DAY_MS - this.#ports.clock.now());
  }
}
