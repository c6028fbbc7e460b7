import { latin1, viewOf } from "./_reader.ts";

/** One entry of a TIFF directory; `value` is its first number where it lies in the entry itself. */
export interface IfdEntry {
  readonly type: number;
  readonly count: number;
  readonly value: number;
  /** Where the value lies if it does not fit the entry. */
  readonly offset: number;
  readonly isInline: boolean;
  /** The entry's own field of four bytes, in BigTIFF of eight. */
  readonly bytes: Uint8Array;
}

/** How a TIFF file is laid out: byte order, and the widths of BigTIFF. */
export interface TiffLayout {
  readonly isLittleEndian: boolean;
  readonly isBig: boolean;
}

/** Bytes of a value by the number of its type (TIFF 6.0, section 2; BigTIFF from 16 on), 0 where there is no such type. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

const ORIENTATION = 0x0112;

/** Reads directory entries (TIFF 6.0, section 2; BigTIFF widths where the layout says so) from the bytes that hold them. */
export function readIfdEntries(entries: Uint8Array, layout: TiffLayout): Map<number, IfdEntry> {
  const view = viewOf(entries);
  const width = layout.isBig ? 20 : 12;
  const found = new Map<number, IfdEntry>();
  for (let at = 0; at + width <= entries.length; at += width) {
    const tag = view.getUint16(at, layout.isLittleEndian);
    if (!found.has(tag)) found.set(tag, entryAt(view, at, layout));
  }
  return found;
}

/** The orientation (1 to 8) in an EXIF block, which may begin with `Exif\0\0`; 1 where it says nothing sensible. */
export function exifOrientation(block: Uint8Array): number {
  const tiff = latin1(block.subarray(0, 6)) === "Exif\0\0" ? block.subarray(6) : block;
  if (tiff.length < 14) return 1;
  const order = latin1(tiff.subarray(0, 2));
  if (order !== "II" && order !== "MM") return 1;
  const layout = { isLittleEndian: order === "II", isBig: false };
  const view = viewOf(tiff);
  const offset = view.getUint32(4, layout.isLittleEndian);
  if (offset + 2 > tiff.length) return 1;
  const count = view.getUint16(offset, layout.isLittleEndian);
  const entries = tiff.subarray(offset + 2, offset + 2 + count * 12);
  return orientationOf(readIfdEntries(entries, layout));
}

/** An offset or a count: eight bytes wide in BigTIFF, else four. */
export function offsetAt(
  view: DataView,
  at: number,
  { isLittleEndian, isBig }: TiffLayout,
): number {
  return isBig ? Number(view.getBigUint64(at, isLittleEndian)) : view.getUint32(at, isLittleEndian);
}

/** The orientation that a directory names, 1 where it names none of 1 to 8. */
export function orientationOf(entries: ReadonlyMap<number, IfdEntry>): number {
  const value = entries.get(ORIENTATION)?.value ?? 1;
  return value >= 1 && value <= 8 ? value : 1;
}

function entryAt(view: DataView, at: number, layout: TiffLayout): IfdEntry {
  const { isLittleEndian, isBig } = layout;
  const type = view.getUint16(at + 2, isLittleEndian);
  const valueAt = at + (isBig ? 12 : 8);
  const count = offsetAt(view, at + 4, layout);
  const offset = offsetAt(view, valueAt, layout);
  const bytes = TYPE_BYTES[type] || 1;
  const width = isBig ? 8 : 4;
  const isInline = bytes * count <= width;
  const value = numberAt(view, valueAt, bytes, isLittleEndian);
  const field = new Uint8Array(view.buffer, view.byteOffset + valueAt, width);
  return { type, count, offset, isInline, value, bytes: field };
}

function numberAt(view: DataView, at: number, bytes: number, isLittleEndian: boolean): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, isLittleEndian);
  // Eight bytes fit the entry in BigTIFF only; its callers want no number beyond 32 bits.
  return view.getUint32(
    bytes === 8 && !isLittleEndian && at + 8 <= view.byteLength ? at + 4 : at,
    isLittleEndian,
  );
}
