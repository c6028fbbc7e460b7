import { ImageRejected } from "../../model/reject_reason.ts";
import type { FormatFacts, ProbeReader } from "./_reader.ts";

/** Bytes of the file header, and of the least header behind it that is taken: Windows 3's. */
const [FILE_HEADER_BYTES, INFO_BYTES] = [14, 40];
/** Without compression, or with masks of the channels. */
const TAKEN_COMPRESSIONS = [0, 3];
const TAKEN_DEPTHS = [24, 32];

/** Reads BMP's headers since Windows 3; palettes, run lengths and embedded files are `unsupported_type`. */
export function bmpProbe(reader: ProbeReader): FormatFacts {
  const view = reader.view(FILE_HEADER_BYTES, INFO_BYTES);
  const pixelsAt = reader.view(0, FILE_HEADER_BYTES).getUint32(10, true);
  const [width, height] = [view.getInt32(4, true), Math.abs(view.getInt32(8, true))];
  const depth = view.getUint16(14, true);
  const isTaken = view.getUint32(0, true) >= INFO_BYTES &&
    TAKEN_COMPRESSIONS.includes(view.getUint32(16, true)) &&
    TAKEN_DEPTHS.includes(depth);
  if (!isTaken) {
    throw new ImageRejected(
      "unsupported_type",
      "BMP with a palette, compressed, or older than Windows 3",
    );
  }
  if (width < 1) throw new ImageRejected("corrupt", `the header says ${width} pixels across`);
  const needed = pixelsAt + Math.ceil(width * depth / 32) * 4 * height;
  if (needed > reader.size) {
    throw new ImageRejected("truncated", `byte ${needed} is needed of ${reader.size}`);
  }
  return {
    header: {
      ...{ width, height, frames: 1, bitDepth: 8, orientation: 1, iccName: undefined },
      ...{ channels: 3, hasAlpha: false, colorSpace: "rgb" },
    },
  };
}
