import { DurableObject } from "cloudflare:workers";
import type { GrantRow, GrantsStub, GrantUse, Holding } from "./durable_object_grants.ts";

/** Grants of a tenant that are live at once. */
const MAX_GRANTS = 10_000;
/** Between two times that the object empties itself, in milliseconds. */
const ALARM_MS = 60_000;

/**
 * One tenant's live grants: how many images each has left, and which it has taken. Holds hashes under the grants' own ids,
 * which it never sees, so that nothing in it names a grant or an image; an alarm deletes what has ended.
 */
export class TenantGrants extends DurableObject implements GrantsStub {
  readonly #sql: SqlStorage;
  #live: number;

  constructor(ctx: DurableObjectState, env: object) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS grants (
        hash TEXT PRIMARY KEY, images_left INTEGER NOT NULL, ends_ms INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS images (
        grant_hash TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (grant_hash, hash)
      ) WITHOUT ROWID;
    `);
    this.#live = this.#sql.exec<{ live: number }>("SELECT COUNT(*) AS live FROM grants").one().live;
  }

  /** Whether there is room for one more; the same grant again changes nothing. */
  async open({ hash, count, endsAtMs }: GrantRow): Promise<boolean> {
    if (this.#imagesLeft(hash) !== undefined) return true;
    if (this.#live >= MAX_GRANTS) return false;
    this.#sql.exec("INSERT INTO grants VALUES (?, ?, ?)", hash, count, endsAtMs);
    this.#live++;
    const alarmMs = await this.ctx.storage.getAlarm() ?? Infinity;
    if (endsAtMs < alarmMs) await this.ctx.storage.setAlarm(endsAtMs);
    return true;
  }

  /** Counts an image once, as long as the grant has any left. */
  async take(use: GrantUse): Promise<Holding> {
    const left = this.#imagesLeft(use.grant);
    if (left === undefined) return "revoked";
    if (this.#isHeld(use)) return "held";
    if (left === 0) return "none_left";
    this.#sql.exec("INSERT INTO images VALUES (?, ?)", use.grant, use.image);
    this.#sql.exec("UPDATE grants SET images_left = images_left - 1 WHERE hash = ?", use.grant);
    return "taken";
  }

  /** Gives an image back that nothing can come of any more. */
  async giveBack(use: GrantUse): Promise<void> {
    if (!this.#isHeld(use)) return;
    this.#sql.exec(
      "DELETE FROM images WHERE grant_hash = ? AND hash = ?",
      use.grant,
      use.image,
    );
    this.#sql.exec("UPDATE grants SET images_left = images_left + 1 WHERE hash = ?", use.grant);
  }

  /** Whether a grant has taken an image. */
  async look(use: GrantUse): Promise<Holding> {
    if (this.#imagesLeft(use.grant) === undefined) return "revoked";
    return this.#isHeld(use) ? "held" : "none_left";
  }

  /** Whether there was such a grant. */
  async revoke(hash: string): Promise<boolean> {
    if (this.#imagesLeft(hash) === undefined) return false;
    this.#remove("hash = ?", hash);
    return true;
  }

  override async alarm(): Promise<void> {
    this.#remove("ends_ms <= ?", Date.now());
    const [next] = this.#sql.exec<{ ends: number | null }>(
      "SELECT MIN(ends_ms) AS ends FROM grants",
    );
    if (next?.ends == null) return;
    await this.ctx.storage.setAlarm(Math.max(next.ends, Date.now() + ALARM_MS));
  }

  #remove(condition: string, value: string | number): void {
    const gone = `SELECT hash FROM grants WHERE ${condition}`;
    this.#sql.exec(`DELETE FROM images WHERE grant_hash IN (${gone})`, value);
    this.#live -= this.#sql.exec(`DELETE FROM grants WHERE ${condition} RETURNING hash`, value)
      .toArray().length;
  }

  /** How many images a live grant has left; undefined where it was revoked or has ended. */
  #imagesLeft(hash: string): number | undefined {
    const [grant] = this.#sql.exec<{ images_left: number }>(
      "SELECT images_left FROM grants WHERE hash = ? AND ends_ms > ?",
      hash,
      Date.now(),
    );
    return grant?.images_left;
  }

  #isHeld({ grant, image }: GrantUse): boolean {
    const held = "SELECT 1 FROM images WHERE grant_hash = ? AND hash = ?";
    return this.#sql.exec(held, grant, image).toArray().length > 0;
  }
}
