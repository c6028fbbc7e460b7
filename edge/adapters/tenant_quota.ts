import { DurableObject } from "cloudflare:workers";
import type { UsedQuota } from "@tintype/core/ports/quota";
import { hasRoom } from "@tintype/core/ingest/quota_exceeded";
import { DAY_MS, dayOf, startOfDay } from "@tintype/core/model/utc_day";
import {
  ASKS_PER_IMAGE,
  type CountedErasures,
  type DayClaim,
  type DayErasures,
  type FullDay,
  type QuotaStub,
} from "./durable_object_quota.ts";

const HASH_BYTES = 16;
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;
const encoder = new TextEncoder();

/** What is held of an image: bytes, and how often it was asked for. */
type Claim = Record<"bytes" | "asks", number>;
type Erasures = Record<"erasures", number>;

/** The day that is counted, in memory. */
interface Day {
  readonly startMs: number;
  readonly key: CryptoKey;
}

/**
 * One tenant's day (UTC): how many images, bytes and erasures it took. Keeps counts and HMACs of image ids under a key that is
 * made anew each day, so that nothing in it names an image; an alarm empties it after midnight.
 */
export class TenantQuota extends DurableObject implements QuotaStub {
  readonly #sql: SqlStorage;
  /** As it is stored: this object alone writes, and what cannot be stored ends it. */
  #day: Day | undefined;

  constructor(ctx: DurableObjectState, env: object) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS day (start_ms INTEGER NOT NULL, key BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS claims (
        hash BLOB PRIMARY KEY, bytes INTEGER NOT NULL, asks INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS erasures (hash BLOB PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS owners (hash BLOB PRIMARY KEY, erasures INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS total (
        images INTEGER NOT NULL, bytes INTEGER NOT NULL, erasures INTEGER NOT NULL
      );
    `);
  }

  /**
   * Counts an image once a day, by the most bytes that were asked for it: whoever asks again for more is held to that.
   * Where the day has no room, or the image was asked for too often, what was counted stays.
   */
  async reserve(claim: DayClaim): Promise<FullDay | null> {
    const nowMs = Date.now();
    const hash = await hashOf(claim.imageId, await this.#keyAt(nowMs));
    // No await from here on: nothing comes between the look and the count.
    const held = this.#claimOf(hash);
    const asks = held?.asks ?? 0;
    const { images, bytes } = this.#total();
    const left = { images: claim.imagesPerDay - images, bytes: claim.bytesPerDay - bytes };
    const bytesNow = Math.max(claim.bytes, held?.bytes ?? 0);
    const more = { images: held === undefined ? 1 : 0, bytes: bytesNow - (held?.bytes ?? 0) };
    if (!hasRoom(left, more) || asks >= ASKS_PER_IMAGE) {
      const endsInMs = startOfDay(dayOf(nowMs)) + DAY_MS - nowMs;
      return { ...left, asks: ASKS_PER_IMAGE - asks, endsInMs };
    }
    this.#sql.exec("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", hash, bytesNow, asks + 1);
    if (more.images === 0 && more.bytes === 0) return null;
    this.#sql.exec(
      "UPDATE total SET images = images + ?, bytes = bytes + ?",
      more.images,
      more.bytes,
    );
    return null;
  }

  /** Counts the bytes that came for an image of today, more than the day has room for too. */
  async settle(imageId: string, bytes: number): Promise<void> {
    const hash = await hashOf(imageId, await this.#keyAt(Date.now()));
    const held = this.#claimOf(hash);
    if (held === undefined) return;
    this.#sql.exec("UPDATE claims SET bytes = ? WHERE hash = ?", bytes, hash);
    this.#sql.exec("UPDATE total SET bytes = bytes + ?", bytes - held.bytes);
  }

  /** Gives an image of today back; one that was never counted, or on another day, changes nothing. */
  async release(imageId: string): Promise<void> {
    const hash = await hashOf(imageId, await this.#keyAt(Date.now()));
    const held = this.#claimOf(hash);
    if (held === undefined) return;
    this.#sql.exec("DELETE FROM claims WHERE hash = ?", hash);
    this.#sql.exec("UPDATE total SET images = images - 1, bytes = bytes - ?", held.bytes);
  }

  /** Counts each image's erasure once a day, in order, as long as the tenant and the owner have room. */
  async countErasures(
    { imageIds, owner, erasuresPerDay, erasuresPerOwner }: DayErasures,
  ): Promise<CountedErasures> {
    const nowMs = Date.now();
    const key = await this.#keyAt(nowMs);
    const hashes = await Promise.all(imageIds.map((imageId) => hashOf(imageId, key)));
    const ownerHash = await hashOf(owner, key);
    // No await from here on.
    const { erasures } = this.#sql.exec<Erasures>("SELECT erasures FROM total").one();
    const [own = { erasures: 0 }] = this.#sql.exec<Erasures>(
      "SELECT erasures FROM owners WHERE hash = ?",
      ownerHash,
    );
    const left = { ofDay: erasuresPerDay - erasures, ofOwner: erasuresPerOwner - own.erasures };
    const room = Math.min(left.ofDay, left.ofOwner);
    const refused: string[] = [];
    let counted = 0;
    for (const [at, imageId] of imageIds.entries()) {
      const hash = hashes[at];
      if (this.#sql.exec("SELECT 1 FROM erasures WHERE hash = ?", hash).toArray().length > 0) {
        continue;
      }
      if (counted >= room) {
        refused.push(imageId);
        continue;
      }
      this.#sql.exec("INSERT INTO erasures VALUES (?)", hash);
      counted++;
    }
    this.#sql.exec("UPDATE total SET erasures = erasures + ?", counted);
    this.#sql.exec(
      "INSERT OR REPLACE INTO owners VALUES (?, ?)",
      ownerHash,
      own.erasures + counted,
    );
    return {
      refused,
      quota: left.ofDay <= left.ofOwner ? erasuresPerDay : erasuresPerOwner,
      left: room - counted,
      endsInMs: startOfDay(dayOf(nowMs)) + DAY_MS - nowMs,
    };
  }

  /** What today has counted. */
  async used(): Promise<UsedQuota> {
    const nowMs = Date.now();
    await this.#keyAt(nowMs);
    return { ...this.#total(), endsInMs: startOfDay(dayOf(nowMs)) + DAY_MS - nowMs };
  }

  #total() {
    return this.#sql.exec<{ images: number; bytes: number }>("SELECT images, bytes FROM total")
      .one();
  }

  /** Empties the object when its day is over and no call has begun the next. */
  override async alarm(): Promise<void> {
    const [day] = this.#sql.exec<{ start_ms: number }>("SELECT start_ms FROM day");
    if (day === undefined || day.start_ms < startOfDay(dayOf(Date.now()))) this.#empty();
  }

  /** The key of the day of `nowMs`. */
  async #keyAt(nowMs: number): Promise<CryptoKey> {
    const startMs = startOfDay(dayOf(nowMs));
    if (this.#day?.startMs !== startMs) {
      const bytes = await this.#keyOfDay(startMs);
      const key = await crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign"]);
      this.#day = { startMs, key };
    }
    return this.#day.key;
  }

  /** The stored key of a day, made with its first call. */
  async #keyOfDay(startMs: number): Promise<ArrayBuffer> {
    const [day] = this.#sql.exec<{ start_ms: number; key: ArrayBuffer }>("SELECT * FROM day");
    if (day?.start_ms === startMs) return day.key;
    const key = crypto.getRandomValues(new Uint8Array(32)).buffer;
    this.#empty();
    this.#sql.exec("INSERT INTO day VALUES (?, ?)", startMs, key);
    this.#sql.exec("INSERT INTO total VALUES (0, 0, 0)");
    await this.ctx.storage.setAlarm(startMs + DAY_MS);
    return key;
  }

  #empty(): void {
    this.#day = undefined;
    for (const table of ["day", "claims", "erasures", "owners", "total"]) {
      this.#sql.exec(`DELETE FROM ${table}`);
    }
  }

  #claimOf(hash: ArrayBuffer): Claim | undefined {
    return this.#sql.exec<Claim>("SELECT bytes, asks FROM claims WHERE hash = ?", hash)
      .toArray()[0];
  }
}

/** What an image is known by here for a day. */
async function hashOf(imageId: string, key: CryptoKey): Promise<ArrayBuffer> {
  const digest = await crypto.subtle.sign("HMAC", key, encoder.encode(imageId));
  return digest.slice(0, HASH_BYTES);
}
