import { ImageRejected } from "../../model/reject_reason.ts";
import { type ByteRange, latin1, type ProbeReader, viewOf } from "./_reader.ts";

/** A box of a file's top level. */
interface TopBox {
  readonly type: string;
  readonly payload: ByteRange;
  readonly nextAt: number;
}

/** The top-level box whose head (16 bytes, or what there is) lies at `at`; undefined where that is no box. */
function topBox(head: DataView, at: number, fileSize: number): TopBox | undefined {
  const announced = head.getUint32(0);
  const headBytes = announced === 1 ? 16 : 8;
  const size = announced === 0
    ? fileSize - at
    : announced === 1 && head.byteLength >= 16
    ? Number(head.getBigUint64(8))
    : announced;
  if (size < headBytes) return undefined;
  const type = latin1(new Uint8Array(head.buffer, head.byteOffset + 4, 4));
  const payload = { offset: at + headBytes, length: size - headBytes };
  return { type, payload, nextAt: at + size };
}

/** The payload of the top-level `meta` box. */
export function findMeta(reader: ProbeReader): Uint8Array {
  let isFilm = false;
  for (let at = 0; at + 8 <= reader.size;) {
    reader.step();
    const head = reader.view(at, Math.min(16, reader.size - at));
    const box = topBox(head, at, reader.size);
    if (box === undefined) throw new ImageRejected("corrupt", `no box at byte ${at}`);
    const { type, payload } = box;
    if (type === "meta") return reader.bytes(payload.offset, payload.length);
    if (type === "moov") isFilm = true;
    at = box.nextAt;
  }
  if (isFilm) {
    throw new ImageRejected("unsupported_type", "it is a sequence without a still picture");
  }
  throw new ImageRejected("truncated", "it ends before its `meta` box");
}

/** Boxes of a file that are looked at beside its picture's; writers put them among the first. */
const MAX_TOP_BOXES = 64;

/** The first boxes of a file's top level, as far as their heads are at hand. */
export function topBoxes(reader: ProbeReader): TopBox[] {
  const found: TopBox[] = [];
  for (let at = 0; found.length < MAX_TOP_BOXES;) {
    const head = reader.held(at, 16);
    const box = head === undefined ? undefined : topBox(viewOf(head), at, reader.size);
    if (box === undefined) break;
    found.push(box);
    at = box.nextAt;
  }
  return found;
}
