import { type Box, boxesIn, Cursor, findBox } from "./_boxes.ts";
import { latin1, type ProbeReader } from "./_reader.ts";
import { topBoxes } from "./_top_boxes.ts";

/** A track of a film, and the boxes that say what its samples are and where (ISO/IEC 14496-12, section 8). */
export interface Track {
  readonly handler: string;
  readonly timescale: number;
  readonly tables: readonly Box[];
}

/** How many frames the file's picture track has; 0 without one. */
export function countFrames(reader: ProbeReader): number {
  const picture = tracksOf(reader).find(({ handler }) => handler === "pict");
  const sizes = picture && findBox(picture.tables, "stsz");
  return sizes === undefined ? 0 : new Cursor(sizes, 8).uint(4);
}

/** The tracks of a film; none where there is none. */
export function tracksOf(reader: ProbeReader): Track[] {
  const moov = topBoxes(reader).find(({ type }) => type === "moov")?.payload;
  const film = moov === undefined ? undefined : reader.held(moov.offset, moov.length);
  if (film === undefined) return [];
  return boxesIn(film).filter(({ type }) => type === "trak").flatMap(({ payload }) => {
    const media = boxesIn(findBox(boxesIn(payload), "mdia") ?? new Uint8Array());
    const [handler, header] = [findBox(media, "hdlr"), findBox(media, "mdhd")];
    const information = boxesIn(findBox(media, "minf") ?? new Uint8Array());
    const tables = boxesIn(findBox(information, "stbl") ?? new Uint8Array());
    if (handler === undefined || header === undefined) return [];
    const timescale = new Cursor(header, header[0] === 1 ? 20 : 12).uint(4);
    return [{ handler: latin1(handler.subarray(8, 12)), timescale, tables }];
  });
}
