/** A part of a sweep: the objects of some shards, in every bucket. What it did is sent to whoever writes the certificate. */
import * as z from "zod";
import { allEnded } from "../concurrency.ts";
import { SHARDS } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { RetentionPolicy } from "./policy.ts";
import { purgeBucket, type PurgeBucketPorts, type Refusal } from "./purge_bucket.ts";
import type { ShardOptions } from "./shards.ts";

/** What sweeping objects needs. */
export interface SweepPartPorts {
  readonly raw: PurgeBucketPorts;
  readonly processed: PurgeBucketPorts;
  readonly erasures: PurgeBucketPorts;
  readonly clock: Clock;
  readonly policy: RetentionPolicy;
}

/** How to sweep objects. */
export interface SweepPartOptions extends ShardOptions {
  /** Called for the first few objects of a bucket that had to go and stay; the certificate counts all that are left. */
  readonly onRefusal?: ((refusal: Refusal) => void) | undefined;
}

const count = z.int().min(0);
const bucketPurgeSchema = z.object({
  complete: z.boolean(),
  lookedAt: count,
  deleted: count,
  deletedBytes: count,
  overdue: count,
  refused: count,
  foreign: count,
  oldestT0Ms: z.int().nullable(),
});

/** What a part has done, as it is sent from one instance to another. */
export const sweptPartSchema = z.object({
  raw: bucketPurgeSchema,
  processed: bucketPurgeSchema,
  erasures: bucketPurgeSchema,
});

/** What a part has done in each bucket. */
export type SweptPart = z.infer<typeof sweptPartSchema>;

/** Has a part swept: here, or by another instance. */
export type SweepPart = (shards: readonly string[], options: CallOptions) => Promise<SweptPart>;

/** The share of a sweep's time in which it may look; what was found by then is removed in the rest. */
const LOOKING = 2 / 3;

/**
 * Sweeps the objects of some shards. After the policy's `sweepBudgetMs` it stops, and says of which bucket it is not
 * complete. Throws `unavailable` where a store cannot be reached, after the others were swept, and the reason of `signal`.
 */
export async function sweepPart(
  ports: SweepPartPorts,
  { shards = SHARDS, onRefusal, ...options }: SweepPartOptions = {},
): Promise<SweptPart> {
  const { policy } = ports;
  const [lookSignal, signal] = [LOOKING, 1].map((share) => {
    const budget = AbortSignal.timeout(Math.round(share * policy.sweepBudgetMs));
    return options.signal === undefined ? budget : AbortSignal.any([budget, options.signal]);
  });
  const nowMs = ports.clock.now();
  const purge = (bucket: "raw" | "processed" | "erasures") =>
    purgeBucket(ports[bucket], { bucket, nowMs, policy, shards, lookSignal, signal, onRefusal });
  const [raw, processed, erasures] = await allEnded([
    purge("raw"),
    purge("processed"),
    purge("erasures"),
  ]);
  options.signal?.throwIfAborted();
  return { raw, processed, erasures };
}
