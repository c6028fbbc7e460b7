import type { Clock } from "../ports/clock.ts";

/** What asks for a slot. */
export interface Claim {
  /** Whose it is: a tenant, an endpoint. */
  readonly key: string;
  /** Whether it came by a slow lane. */
  readonly isSlow?: boolean;
}

/** How much there is to share. */
export interface FairShareOptions {
  readonly slots: number;
  /** Claims that may wait. */
  readonly room: number;
  /** Claims of one key that may wait: a quarter of the room, where not fewer. */
  readonly roomOfKey?: number;
  /**
   * How many of a key's slots do the scarce work. Beyond its quarter a key gets a slot only while fewer than a quarter of all
   * wait for that work in its name: more would not help it, and keep others out. All do it where this is left out.
   */
  readonly busyOf?: (key: string) => number;
  readonly clock: Clock;
}

/** What becomes of a claim: it waits (or runs at once), goes to its slow lane, or finds the room full. */
export type Verdict = "admitted" | "divert" | "refuse";

/** A key is alone when no other came for so long. */
const ALONE_AFTER_MS = 10_000;

/**
 * Decides who gets the next of a few slots that many keys share, the least served first: one slot is kept for keys that
 * hold none, slow lanes hold a quarter together unless their key is alone, and a flood of one key never fills the room.
 * It only decides and never waits: callers run the work and keep its time.
 */
export class FairShare<Item extends Claim> {
  readonly #slots: number;
  readonly #room: number;
  readonly #roomOfKey: number;
  readonly #clock: Clock;
  readonly #busyOf: (key: string) => number;
  /** Oldest first. */
  readonly #waiting: Item[] = [];
  /** Slots by key; keys that hold none are not in it. */
  readonly #held = new Map<string, number>();
  #running = 0;
  #slowRunning = 0;
  #newestKey: string | undefined;
  /** When a key came that was not the one before it. */
  #changedAtMs = 0;

  constructor({ slots, room, roomOfKey = Infinity, clock, busyOf }: FairShareOptions) {
    this.#slots = slots;
    this.#room = room;
    this.#roomOfKey = Math.max(1, Math.min(roomOfKey, quarterOf(room)));
    this.#clock = clock;
    this.#busyOf = busyOf ?? ((key) => this.heldBy(key));
  }

  /** Claims that run or wait. */
  get size(): number {
    return this.#running + this.#waiting.length;
  }

  /** Takes a claim in, unless its key has its share of the room, or the room is full. */
  admit(item: Item): Verdict {
    this.#noteKey(item.key);
    const mayRun = this.#mayRun(item, this.heldBy(item.key));
    const verdict = mayRun ? "admitted" : this.#verdictOf(item);
    if (verdict === "admitted") this.#waiting.push(item);
    return verdict;
  }

  /** Gives a slot to the waiting claim that is next, of those that fit; undefined where none may run. */
  next(fits: (item: Item) => boolean = () => true): Item | undefined {
    if (this.#running >= this.#slots) return undefined;
    let best: Item | undefined;
    let leastHeld = Infinity;
    for (const item of this.#waiting) {
      const held = this.heldBy(item.key);
      if (held >= leastHeld || !this.#mayRun(item, held) || !fits(item)) continue;
      [best, leastHeld] = [item, held];
    }
    if (best !== undefined) this.#start(best);
    return best;
  }

  /** Takes a claim back that waits no longer; false where it does not wait. */
  withdraw(item: Item): boolean {
    const at = this.#waiting.indexOf(item);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  /** Gives back the slot of a claim that `next` returned. */
  release({ key, isSlow }: Item): void {
    this.#running--;
    if (isSlow) this.#slowRunning--;
    const held = this.heldBy(key) - 1;
    if (held > 0) this.#held.set(key, held);
    else this.#held.delete(key);
  }

  /** Slots that a key holds. */
  heldBy(key: string): number {
    return this.#held.get(key) ?? 0;
  }

  #start(item: Item): void {
    this.withdraw(item);
    this.#running++;
    if (item.isSlow) this.#slowRunning++;
    this.#held.set(item.key, this.heldBy(item.key) + 1);
  }

  /** Slots that are kept for keys that hold none; one of fewer than four would be more than a quarter. */
  get #kept(): number {
    return this.#slots < 4 ? 0 : 1;
  }

  #mayRun({ key, isSlow }: Item, held: number): boolean {
    const free = this.#slots - this.#running;
    if (free <= (held > 0 ? this.#kept : 0)) return false;
    const quarter = quarterOf(this.#slots);
    if (held >= quarter && held - this.#busyOf(key) >= quarter) return false;
    return !isSlow || this.#slowRunning < quarter || this.#isAlone();
  }

  /** Each share ends where as little is left of the room, so that floods of many keys leave some of it, too. */
  #verdictOf({ key, isSlow = false }: Item): Verdict {
    let [ofLane, ofKey] = [0, 0];
    for (const other of this.#waiting) {
      if ((other.isSlow ?? false) !== isSlow) continue;
      ofLane++;
      if (other.key === key) ofKey++;
    }
    const left = this.#room - this.#waiting.length;
    if (isSlow) {
      const leftOfLane = Math.min(left, quarterOf(this.#room) - ofLane);
      return ofKey < leftOfLane ? "admitted" : "refuse";
    }
    if (left <= 0) return "refuse";
    return ofKey < Math.min(this.#roomOfKey, left) ? "admitted" : "divert";
  }

  #noteKey(key: string): void {
    if (key === this.#newestKey) return;
    this.#newestKey = key;
    this.#changedAtMs = this.#clock.now();
  }

  #isAlone(): boolean {
    return this.#clock.now() - this.#changedAtMs >= ALONE_AFTER_MS;
  }
}

function quarterOf(whole: number): number {
  return Math.max(1, Math.floor(whole / 4));
}
