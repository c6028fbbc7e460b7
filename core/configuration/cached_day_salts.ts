import type { DaySalt, DaySalts } from "../model/day_salts.ts";
import { DAYS_FILE, parseDaySalts, saltAt } from "../model/day_salts.ts";
import { AppError } from "../errors.ts";
import type { ObjectName } from "../model/object_name.ts";
import { contentKeyOf } from "../model/owner.ts";
import type { Clock } from "../ports/clock.ts";
import type { ContentKeys } from "../ports/content_keys.ts";
import type { ObjectReader } from "../ports/object_store.ts";
import { CachedDocument } from "./cached_document.ts";

/** What the salts are read with. */
interface CachedDaySaltsOptions {
  readonly config: Pick<ObjectReader, "read">;
  readonly clock: Clock;
  readonly onProblem: (error: unknown) => void;
}

/** The days' salts of the configuration bucket, read once a minute. */
export function cachedDaySalts({ config, clock, onProblem }: CachedDaySaltsOptions): DaySalts {
  const name = DAYS_FILE as ObjectName; // a name of the configuration bucket
  const document = new CachedDocument<readonly DaySalt[]>({
    read: (options) => config.read(name, options),
    parse(bytes) {
      if (bytes === null) throw new AppError("unavailable", `Cannot find ${DAYS_FILE}`);
      return parseDaySalts(bytes);
    },
    clock,
    onProblem,
  });
  return { saltAt: async (timeMs) => saltAt(await document.get(), timeMs) };
}

/** Content keys under the days' salts. */
export function contentKeysOf(salts: DaySalts): ContentKeys {
  return {
    contentKeyOf: async (timeMs, sha256) => await contentKeyOf(await salts.saltAt(timeMs), sha256),
  };
}
