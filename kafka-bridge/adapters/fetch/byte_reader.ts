/** Reads Kafka's primitive types, one after another; each throws RangeError behind the end of the bytes. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#step(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#step(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#step(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#step(8));
  }

  /** A zigzag number of variable length; exact up to 2^53. */
  varint(): number {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#step(1));
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** The next bytes, not copied. */
  take(length: number): Buffer {
    if (length < 0 || length > this.left) {
      throw new RangeError(`Cannot read ${length} bytes: ${this.left} are left`);
    }
    const from = this.#step(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** Bytes behind their length as a varint; null where that is negative. */
  varintBytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.take(length);
  }

  /** A string behind its length as an INT16. */
  string(): string {
    return this.take(this.int16()).toString();
  }

  /** What `read` makes of each element of an array; none where the array is null. */
  array<Item>(read: () => Item): Item[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  #step(length: number): number {
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
