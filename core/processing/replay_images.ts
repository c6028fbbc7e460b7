/**
 * The replay of many images: select them by their newest rows, oldest T0 first, as those have the least time left, and
 * publish their events again by force. Only the processor reads pixels, with its own pipeline, tenants and codec.
 */
import { AppError } from "../errors.ts";
import { rawName } from "../model/object_name.ts";
import { DAY_MS } from "../model/utc_day.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { EventPublisher } from "../ports/event_publisher.ts";
import type { ImageSelector, RowFilter } from "../ports/image_selector.ts";
import { MAX_AHEAD_MS } from "../retention/policy.ts";
import type { ProcessImagePorts } from "./process_ports.ts";
import price from "./replay_price.json" with { type: "json" };

/** What replaying needs: it reads no image. */
export interface ReplayImagesPorts extends Pick<ProcessImagePorts, "policy" | "clock"> {
  readonly rows: ImageSelector;
  readonly events: EventPublisher;
}

/** What to replay. */
interface ReplayOrder extends RowFilter, CallOptions {
  /** A UTC day of T0, `yyyy-mm-dd`. */
  readonly day?: string | undefined;
  /** Images whose T0 is not before it, in milliseconds. */
  readonly sinceMs?: number | undefined;
  /** At most so many images. */
  readonly max: number;
  /** At most what it costs about so many US dollars to process. */
  readonly budgetUsd?: number | undefined;
  /** Whether images that are ready may end as rejected. */
  readonly mayReject: boolean;
  /** Counts and publishes nothing. */
  readonly isDryRun: boolean;
}

/** What is replayed, or would be. */
interface Replayed {
  /** All images that the order means, beyond its limits too. */
  readonly images: number;
  readonly replayed: number;
  /** What it costs about, in US dollars. */
  readonly usd: number;
}

/** Has images processed again. Those behind their write cutoff are left out. Safe to repeat: each is processed once. */
export async function replayImages(
  { rows, events, policy, clock }: ReplayImagesPorts,
  { day, sinceMs = 0, max, budgetUsd, mayReject, isDryRun, signal, ...filter }: ReplayOrder,
): Promise<Replayed> {
  const limit = Math.min(max, affordable(budgetUsd));
  const nowMs = clock.now();
  if (filter.beforeMs !== undefined && filter.beforeMs > nowMs) {
    throw new AppError("invalid_request", "Cannot replay: before must not be in the future");
  }
  const openMs = nowMs - policy.periodMs + policy.closingMs + 1;
  const dayMs = day === undefined ? undefined : Date.parse(`${day}T00:00:00Z`);
  const fromMs = Math.max(dayMs ?? 0, sinceMs, openMs);
  const toMs = dayMs === undefined ? nowMs + MAX_AHEAD_MS : dayMs + DAY_MS;
  if (fromMs >= toMs) return { images: 0, replayed: 0, usd: 0 };
  const found = await rows.select({ ...filter, fromMs, toMs, max: limit }, { signal });
  const objects = found.selected.map(({ ref, generation }) => ({ name: rawName(ref), generation }));
  if (!isDryRun && objects.length > 0) {
    await events.republish("raw", objects, {
      force: { beforeMs: filter.beforeMs, mayReject },
      signal,
    });
  }
  return { images: found.images, replayed: objects.length, usd: objects.length * price.usd };
}

/** How many images a budget pays for. */
function affordable(budgetUsd: number | undefined): number {
  if (budgetUsd === undefined) return Infinity;
  const images = Math.floor(budgetUsd / price.usd + 1e-9); // two prices pay for two images
  if (images > 0) return images;
  throw new AppError(
    "invalid_request",
    `Cannot replay: budgetUsd must be at least ${price.usd}, the price of one image (got ${budgetUsd})`,
  );
}
