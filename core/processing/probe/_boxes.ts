import { ImageRejected } from "../../model/reject_reason.ts";
import { latin1, viewOf } from "./_reader.ts";

/** A box of the ISO base media file format (ISO/IEC 14496-12, section 4.2): its type and its payload where it lies. */
export interface Box {
  readonly type: string;
  readonly payload: Uint8Array;
}

/** Boxes of one level that a header may have. */
const MAX_BOXES = 8_192;

/** The boxes that follow one another in `bytes`; throws `corrupt` where one ends outside. */
export function boxesIn(bytes: Uint8Array): Box[] {
  const view = viewOf(bytes);
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const announced = view.getUint32(at);
    const size = announced === 0 ? bytes.length - at : announced;
    // 64-bit sizes exist for media data; nothing that lies in `meta` has one.
    if (size < 8 || at + size > bytes.length || boxes.length === MAX_BOXES) {
      throw new ImageRejected("corrupt", `a box of ${announced} bytes at byte ${at} of its level`);
    }
    boxes.push({
      type: latin1(bytes.subarray(at + 4, at + 8)),
      payload: bytes.subarray(at + 8, at + size),
    });
    at += size;
  }
  return boxes;
}

/** The first box of a type. */
export function findBox(boxes: readonly Box[], type: string): Uint8Array | undefined {
  return boxes.find((box) => box.type === type)?.payload;
}

/** Reads numbers one after another; throws `corrupt` at the end of its bytes. */
export class Cursor {
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#view = viewOf(bytes);
    this.#at = at;
  }

  /** Steps over bytes. */
  skip(bytes: number): void {
    if (this.#at + bytes > this.#view.byteLength) {
      throw new ImageRejected("corrupt", "a box ends within one of its fields");
    }
    this.#at += bytes;
  }

  /** The next unsigned number of 0, 1, 2, 4 or 8 bytes. */
  uint(bytes: number): number {
    const at = this.#at;
    this.skip(bytes);
    if (bytes === 0) return 0;
    if (bytes === 1) return this.#view.getUint8(at);
    if (bytes === 2) return this.#view.getUint16(at);
    if (bytes === 4) return this.#view.getUint32(at);
    if (bytes === 8) return Number(this.#view.getBigUint64(at));
    throw new ImageRejected("corrupt", `a field of ${bytes} bytes`);
  }

  /** The next four characters. */
  fourcc(): string {
    const code = this.uint(4);
    return String.fromCharCode(code >>> 24, (code >>> 16) & 255, (code >>> 8) & 255, code & 255);
  }
}
