/** HEIF's `meta` box: items, their types, their properties, their references and where they lie (ISO/IEC 23008-12, 14496-12). */
import { ImageRejected } from "../../model/reject_reason.ts";
import { type Box, boxesIn, Cursor, findBox } from "./_boxes.ts";
import { type ByteRange, latin1 } from "./_reader.ts";

/** What a `meta` box says. */
export interface HeifMeta {
  readonly primary: number;
  /** Item types by id: `hvc1`, `av01`, `grid`, `Exif`, …; {@link XMP_ITEM} for a packet of XMP. */
  readonly types: ReadonlyMap<number, string>;
  /** Properties of each item in their order of association. */
  readonly properties: ReadonlyMap<number, readonly Box[]>;
  readonly references: readonly Reference[];
  /** Items that lie in one piece of the file. */
  readonly locations: ReadonlyMap<number, ByteRange>;
}

interface Reference {
  readonly type: string;
  readonly from: number;
  readonly to: readonly number[];
}

const MAX_ITEMS = 8_192;

/** The type of an item that is XMP, which a file calls `mime`. */
export const XMP_ITEM = "xmp";
const XMP_MEDIA_TYPE = "application/rdf+xml";
/** An item's name and media type are not searched beyond it. */
const MAX_NAME_BYTES = 256;

/** Reads the payload of a `meta` box; throws `corrupt` where it contradicts itself. */
export function readHeifMeta(payload: Uint8Array): HeifMeta {
  const boxes = boxesIn(payload.subarray(4));
  const pitm = findBox(boxes, "pitm");
  if (pitm === undefined) throw new ImageRejected("corrupt", "it names no primary item");
  return {
    primary: new Cursor(pitm, 4).uint(pitm[0] === 0 ? 2 : 4),
    types: itemTypes(findBox(boxes, "iinf")),
    properties: itemProperties(findBox(boxes, "iprp")),
    references: itemReferences(findBox(boxes, "iref")),
    locations: itemLocations(findBox(boxes, "iloc")),
  };
}

function itemTypes(iinf: Uint8Array | undefined): Map<number, string> {
  const types = new Map<number, string>();
  if (iinf === undefined) return types;
  for (const { type, payload } of boxesIn(iinf.subarray(iinf[0] === 0 ? 6 : 8))) {
    const version = payload[0] ?? 0;
    if (type !== "infe" || version < 2) continue;
    const cursor = new Cursor(payload, 4);
    const id = cursor.uint(version === 2 ? 2 : 4);
    cursor.uint(2);
    const kind = cursor.fourcc();
    const isXmp = kind === "mime" &&
      latin1(payload.subarray(0, MAX_NAME_BYTES)).includes(XMP_MEDIA_TYPE);
    types.set(id, isXmp ? XMP_ITEM : kind);
  }
  return types;
}

function itemProperties(iprp: Uint8Array | undefined): Map<number, Box[]> {
  const found = new Map<number, Box[]>();
  if (iprp === undefined) return found;
  const boxes = boxesIn(iprp);
  const all = boxesIn(findBox(boxes, "ipco") ?? new Uint8Array());
  for (const { type, payload } of boxes) {
    if (type === "ipma") associate(payload, all, found);
  }
  return found;
}

function associate(ipma: Uint8Array, all: readonly Box[], found: Map<number, Box[]>): void {
  const cursor = new Cursor(ipma, 4);
  const idBytes = ipma[0] === 0 ? 2 : 4;
  const isWide = ((ipma[3] ?? 0) & 1) === 1;
  const items = checkedCount(cursor.uint(4));
  for (let item = 0; item < items; item += 1) {
    const id = cursor.uint(idBytes);
    const properties: Box[] = [];
    for (let left = cursor.uint(1); left > 0; left -= 1) {
      const index = isWide ? cursor.uint(2) & 0x7fff : cursor.uint(1) & 0x7f;
      const property = all[index - 1];
      if (property !== undefined) properties.push(property);
    }
    found.set(id, properties);
  }
}

function itemReferences(iref: Uint8Array | undefined): Reference[] {
  if (iref === undefined) return [];
  const idBytes = iref[0] === 0 ? 2 : 4;
  return boxesIn(iref.subarray(4)).map(({ type, payload }) => {
    const cursor = new Cursor(payload);
    const from = cursor.uint(idBytes);
    const to = Array.from({ length: checkedCount(cursor.uint(2)) }, () => cursor.uint(idBytes));
    return { type, from, to };
  });
}

/** ISO/IEC 14496-12, section 8.11.3; only items in the file itself and in one extent are kept. */
function itemLocations(iloc: Uint8Array | undefined): Map<number, ByteRange> {
  const found = new Map<number, ByteRange>();
  if (iloc === undefined) return found;
  const version = iloc[0] ?? 0;
  const cursor = new Cursor(iloc, 4);
  const sizes = cursor.uint(2);
  const [offsetBytes, lengthBytes] = [sizes >>> 12, (sizes >>> 8) & 15];
  const [baseBytes, indexBytes] = [(sizes >>> 4) & 15, version === 0 ? 0 : sizes & 15];
  const items = checkedCount(cursor.uint(version < 2 ? 2 : 4));
  for (let item = 0; item < items; item += 1) {
    const id = cursor.uint(version < 2 ? 2 : 4);
    const method = version === 0 ? 0 : cursor.uint(2) & 15;
    cursor.uint(2);
    const base = cursor.uint(baseBytes);
    const extents = checkedCount(cursor.uint(2));
    // Many are stepped over at once: they may have no bytes at all.
    if (extents !== 1) {
      cursor.skip(extents * (indexBytes + offsetBytes + lengthBytes));
      continue;
    }
    cursor.skip(indexBytes);
    const range = { offset: base + cursor.uint(offsetBytes), length: cursor.uint(lengthBytes) };
    if (method === 0) found.set(id, range);
  }
  return found;
}

function checkedCount(count: number): number {
  if (count > MAX_ITEMS) throw new ImageRejected("corrupt", `it has ${count} items`);
  return count;
}
