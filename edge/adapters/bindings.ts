import { AppError } from "@tintype/core/errors";
import type { PageFiles, RateLimit, RequestCounter } from "../ports.ts";

/** A rate-limit binding of Workers: counts per Cloudflare location and answers yes or no. */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** The window of the bindings in `wrangler.toml`: Cloudflare takes 10 or 60 seconds. */
const WINDOW_SECONDS = 60;

/**
 * A limit by a binding; `requests` says what `wrangler.toml` configures, a test holds the two equal. Throws `unavailable`
 * where the binding fails: a limit that cannot count lets nothing through.
 */
export function makeRateLimit(
  binding: RateLimitBinding,
  { name, requests }: Pick<RateLimit, "name" | "requests">,
): RateLimit {
  return {
    name,
    requests,
    windowSeconds: WINDOW_SECONDS,
    async take(key) {
      try {
        return (await binding.limit({ key })).success;
      } catch (cause) {
        throw new AppError("unavailable", "Cannot count this request now", { cause });
      }
    },
  };
}

/** The binding of the worker's static assets, as wrangler.toml declares it. */
export interface AssetsBinding {
  fetch(url: string): Promise<Response>;
}

/** The page's files as Cloudflare's static assets. Throws `unavailable` where the binding fails. */
export function assetsPageFiles(assets: AssetsBinding): PageFiles {
  return {
    // The binding looks at the path alone; its host is never asked.
    read: async (path) =>
      await assets.fetch(`https://assets.invalid${path}`).catch((cause: unknown) => {
        throw new AppError("unavailable", "Cannot read the page's files now", { cause });
      }),
  };
}

/** A dataset of Workers Analytics Engine (https://developers.cloudflare.com/analytics/analytics-engine). */
export interface AnalyticsBinding {
  writeDataPoint(point: {
    readonly indexes: readonly string[];
    readonly blobs: readonly string[];
    readonly doubles: readonly number[];
  }): void;
}

/** Counts requests in a dataset, sampled by tenant; the columns are those of docs/operations.md. */
export function analyticsCounter(binding: AnalyticsBinding): RequestCounter {
  return {
    count: ({ tenant = "", method, route, status, code = "", ms }) =>
      binding.writeDataPoint({
        indexes: [tenant],
        blobs: [tenant, method, route, String(status), code],
        doubles: [ms],
      }),
  };
}
