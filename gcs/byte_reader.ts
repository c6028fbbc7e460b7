/** Bytes that come in chunks, read by what separates them; nothing more than a mark is held back. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #front: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Puts bytes in front of what comes next. */
  unshift(bytes: Uint8Array): void {
    this.#front = concat(bytes, this.#front);
  }

  /** The bytes before `mark`, which is taken too; undefined where it does not come within `maxBytes`. */
  async takeUntil(mark: Uint8Array, maxBytes: number): Promise<Uint8Array | undefined> {
    for (let seen = 0;;) {
      const at = indexOf(this.#front, mark, seen);
      const isPast = this.#front.length >= maxBytes + mark.length;
      if (at > maxBytes || (at < 0 && isPast)) return undefined;
      if (at >= 0) {
        const taken = this.#cut(at);
        this.#cut(mark.length);
        return taken;
      }
      seen = Math.max(0, this.#front.length - mark.length + 1);
      if (!await this.#readMore()) return undefined;
    }
  }

  /** Streams the bytes before `mark`, which is taken too; returns whether it came. */
  async *streamUntil(mark: Uint8Array): AsyncGenerator<Uint8Array, boolean, void> {
    for (;;) {
      const at = indexOf(this.#front, mark);
      // The mark may begin in this chunk's tail and end in the next.
      const safe = at >= 0 ? at : Math.max(0, this.#front.length - mark.length + 1);
      yield this.#cut(safe);
      if (at >= 0) {
        this.#cut(mark.length);
        return true;
      }
      if (!await this.#readMore()) return false;
    }
  }

  /** Reads the rest and forgets it. */
  async drain(): Promise<void> {
    while ((await this.#chunks.next()).done !== true) continue;
  }

  async #readMore(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done !== true) this.#front = concat(this.#front, value);
    return done !== true;
  }

  #cut(count: number): Uint8Array {
    const taken = this.#front.subarray(0, count);
    this.#front = this.#front.subarray(count);
    return taken;
  }
}

/** Where `mark` begins in `bytes`, looked for from `from` on; -1 where it does not. */
function indexOf(bytes: Uint8Array, mark: Uint8Array, from = 0): number {
  const first = mark[0] ?? 0;
  let at = bytes.indexOf(first, from);
  while (at >= 0 && !mark.every((byte, index) => bytes[at + index] === byte)) {
    // The next byte is looked at here: a hostile body would cost a call of indexOf for each of its bytes.
    at = bytes[at + 1] === first ? at + 1 : bytes.indexOf(first, at + 1);
  }
  return at;
}

/** Two pieces of bytes as one. */
export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
