import { importJWK, type JWK } from "jose";
import * as z from "zod";
import { AppError } from "@tintype/core/errors";
import type { Clock } from "@tintype/core/ports/clock";
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from "../token_settings.ts";

/** How keys are fetched. */
interface RemoteKeysOptions {
  readonly url: string;
  /** Those that tokens may be signed with. */
  readonly algorithms: readonly TokenAlgorithm[];
  readonly clock?: Clock;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly timeoutMs?: number;
}

interface HeldKey {
  readonly kid: string | undefined;
  readonly alg: TokenAlgorithm;
  readonly key: CryptoKey;
}

interface HeldSet {
  readonly keys: readonly HeldKey[];
  readonly fetchedMs: number;
}

/** How long a set is used before it is fetched again, and how much longer while it cannot be fetched. */
const FRESH_MS = 600_000;
const STALE_MS = 3_600_000;
/** Between two fetches that unknown key ids may cause, and between a failed fetch and the next. */
const COOLDOWN_MS = 30_000;
const FAILURE_MS = 1_000;
const TIMEOUT_MS = 3_000;
const MAX_BYTES = 65_536;
const MAX_KEYS = 64;
const POLL_MS = 10;

const keySetSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(MAX_KEYS) });

/**
 * The issuer's public keys (RFC 7517), kept per isolate. One request at a time fetches; others look again until the
 * keys are there, and take over when that takes too long: none awaits another request's promise.
 */
export class RemoteKeys {
  readonly #options: Required<RemoteKeysOptions>;
  #held: HeldSet | undefined;
  #epoch = 0;
  #fetchingSinceMs: number | undefined;
  #lastFetchMs = Number.NEGATIVE_INFINITY;
  #lastFailureMs = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteKeysOptions) {
    const viaFetch = (url: string, init: RequestInit) => fetch(url, init);
    this.#options = { clock: Date, fetch: viaFetch, timeoutMs: TIMEOUT_MS, ...options };
  }

  /** The one key of this id and algorithm, undefined where there is none; throws `unavailable` where no set can be had. */
  async find(kid: string | undefined, alg: TokenAlgorithm): Promise<CryptoKey | undefined> {
    if (this.#held === undefined || this.#ageOf(this.#held) > FRESH_MS) await this.#refresh();
    const key = this.#lookUp(kid, alg);
    if (key !== undefined) return key;
    const isFetching = this.#fetchingSinceMs !== undefined;
    if (!isFetching && this.#now() - this.#lastFetchMs < COOLDOWN_MS) return undefined;
    await this.#refresh();
    return this.#lookUp(kid, alg);
  }

  /** The number of the set that is held while it is fresh, else undefined: what was checked by it stands as long. */
  epoch(): number | undefined {
    return this.#held === undefined || this.#ageOf(this.#held) > FRESH_MS ? undefined : this.#epoch;
  }

  #lookUp(kid: string | undefined, alg: TokenAlgorithm): CryptoKey | undefined {
    const usable = this.#held?.keys.filter((held) =>
      held.alg === alg && (kid === undefined || held.kid === kid)
    );
    return usable?.length === 1 ? usable[0]?.key : undefined;
  }

  /** Comes back with a newer set, or with the old one while it may still be used; throws `unavailable`. */
  async #refresh(): Promise<void> {
    const before = this.#held;
    const { timeoutMs } = this.#options;
    const startedMs = this.#now();
    while (this.#held === before) {
      if (this.#now() - this.#lastFailureMs < FAILURE_MS) break;
      if (this.#now() - startedMs > 2 * timeoutMs) break;
      if (this.#isLed()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      else await this.#fetchOnce();
    }
    if (this.#held !== undefined && this.#ageOf(this.#held) <= STALE_MS) return;
    throw new AppError(
      "unavailable",
      "Cannot check the access token now as its issuer does not answer",
    );
  }

  /** Whether some request is fetching; one that was given up with its client counts no longer than a fetch may take. */
  #isLed(): boolean {
    const since = this.#fetchingSinceMs;
    return since !== undefined && this.#now() - since <= this.#options.timeoutMs;
  }

  async #fetchOnce(): Promise<void> {
    const startedMs = this.#now();
    this.#fetchingSinceMs = startedMs;
    this.#lastFetchMs = startedMs;
    try {
      const keys = await this.#fetchKeys();
      this.#held = { keys, fetchedMs: this.#now() };
      this.#epoch++;
    } catch {
      this.#lastFailureMs = this.#now();
    } finally {
      if (this.#fetchingSinceMs === startedMs) this.#fetchingSinceMs = undefined;
    }
  }

  async #fetchKeys(): Promise<HeldKey[]> {
    const { url, algorithms, timeoutMs } = this.#options;
    const response = await this.#options.fetch(url, {
      headers: { Accept: "application/jwk-set+json, application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) throw new Error(`key set answered ${response.status}`);
    const { keys } = keySetSchema.parse(JSON.parse(await readText(response)));
    const opened = await Promise.all(
      keys.flatMap((jwk) => algorithms.map((algorithm) => openKey(jwk, algorithm))),
    );
    const usable = opened.filter((key) => key !== undefined);
    if (usable.length === 0) throw new Error("key set has no usable key");
    return usable;
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #ageOf(held: HeldSet): number {
    return this.#now() - held.fetchedMs;
  }
}

/** A key of the set for an algorithm, or undefined: a set may hold keys for others, and for other uses. */
async function openKey(
  jwk: Record<string, unknown>,
  algorithm: TokenAlgorithm,
): Promise<HeldKey | undefined> {
  const { kty, crv, alg = algorithm, use = "sig", kid } = jwk;
  const needs = TOKEN_ALGORITHMS[algorithm];
  const isOfKind = needs.kty === kty && (needs.crv === undefined || needs.crv === crv);
  if (!isOfKind || alg !== algorithm || use !== "sig") return undefined;
  const { d: _, ...publicPart } = jwk;
  try {
    const key = await importJWK(publicPart as JWK, algorithm); // checked by importJWK itself
    if (!(key instanceof CryptoKey) || key.type !== "public") return undefined;
    return { kid: typeof kid === "string" ? kid : undefined, alg: algorithm, key };
  } catch {
    return undefined;
  }
}

/** The body's text; throws where it has more than 64 KiB. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error("key set is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
