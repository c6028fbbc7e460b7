import type { Owner, OwnerAt } from "@tintype/core/model/owner";
import { dayOf } from "@tintype/core/model/utc_day";
import type { Clock } from "@tintype/core/ports/clock";
import type { Caller, TokenClaims } from "../ports.ts";
import type { RemoteKeys } from "./remote_keys.ts";

/** What stands behind the cache, and how much it holds. */
export interface CallerCacheOptions {
  readonly verify: (token: string) => Promise<TokenClaims>;
  /** The pseudonym of who a token names, on the UTC day of a time. */
  readonly ownerOf: (who: TokenClaims, timeMs: number) => Promise<Owner>;
  readonly keys: Pick<RemoteKeys, "epoch">;
  readonly clock: Clock;
  readonly maxTokens?: number;
  readonly lifeMs?: number;
}

interface HeldCaller {
  readonly caller: Caller;
  readonly epoch: number;
  readonly endsMs: number;
}

/** At most 8 MiB, as a token has at most 8 KiB. */
const MAX_TOKENS = 1_024;
const LIFE_MS = 60_000;

/**
 * Finds the caller behind a token and remembers it, per isolate, so that the next request with the very same token pays
 * for neither signature nor pseudonyms. It takes nothing that a fresh check would refuse: only whole tokens that were
 * verified are held, until they end, 60 seconds at most, and only while the set of keys that verified them is the
 * issuer's current one. Nothing can be guessed by time, as only texts of equal hash are compared. Throws what `verify` does.
 */
export function makeCallerCache(options: CallerCacheOptions): (token: string) => Promise<Caller> {
  const { verify, ownerOf, keys, clock, maxTokens = MAX_TOKENS, lifeMs = LIFE_MS } = options;
  const held = new Map<string, HeldCaller>();
  return async (token) => {
    const epoch = keys.epoch();
    const known = held.get(token);
    if (known?.epoch === epoch && known !== undefined && clock.now() < known.endsMs) {
      return known.caller;
    }
    held.delete(token);
    const claims = await verify(token);
    const { tenant, scopes, expiresAtMs } = claims;
    const caller = { tenant, scopes, ownerAt: byDay((timeMs) => ownerOf(claims, timeMs)) };
    // Keys that changed meanwhile leave open which of them it was.
    if (epoch === undefined || epoch !== keys.epoch()) return caller;
    const [oldest] = held.keys();
    if (oldest !== undefined && held.size >= maxTokens) held.delete(oldest);
    held.set(token, { caller, epoch, endsMs: Math.min(expiresAtMs, clock.now() + lifeMs) });
    return caller;
  };
}

/** Remembers each day's owner, never a promise of one: on workerd a request must not wait for another's. */
function byDay(ownerAt: OwnerAt): OwnerAt {
  const owners = new Map<string, Owner>();
  return async (timeMs) => {
    const day = dayOf(timeMs);
    const known = owners.get(day);
    if (known !== undefined) return known;
    const owner = await ownerAt(timeMs);
    owners.set(day, owner);
    return owner;
  };
}
