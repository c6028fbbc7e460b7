import type { RawPixels } from "@tintype/core/ports/image_codec";

const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;

/**
 * An uncompressed TIFF 6.0 file of pixels and their ICC profile: the one way to tell libvips the profile of raw pixels,
 * so that it converts them.
 */
export function tiffWithProfile(pixels: RawPixels, profile: Uint8Array): Uint8Array<ArrayBuffer> {
  const { data, width, height, channels } = pixels;
  const depthsAt = even(HEADER_BYTES + data.length);
  const profileAt = depthsAt + channels * 2;
  const directoryAt = even(profileAt + profile.length);
  const entries: readonly (readonly [number, number, number, number])[] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, channels, depthsAt],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 2],
    [273, LONG, 1, HEADER_BYTES],
    [277, SHORT, 1, channels],
    [278, LONG, 1, height],
    [279, LONG, 1, data.length],
    [284, SHORT, 1, 1],
    ...(channels === 4 ? [[338, SHORT, 1, 2] as const] : []),
    [34_675, UNDEFINED, profile.length, profileAt],
  ];
  const file = new Uint8Array(directoryAt + 2 + entries.length * ENTRY_BYTES + 4);
  const view = new DataView(file.buffer);
  file.set([0x49, 0x49, 0x2a, 0x00]);
  view.setUint32(4, directoryAt, true);
  file.set(data, HEADER_BYTES);
  for (let channel = 0; channel < channels; channel += 1) {
    view.setUint16(depthsAt + channel * 2, 8, true);
  }
  file.set(profile, profileAt);
  view.setUint16(directoryAt, entries.length, true);
  entries.forEach(([tag, type, count, value], index) => {
    const at = directoryAt + 2 + index * ENTRY_BYTES;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, value, true);
  });
  return file;
}

function even(offset: number): number {
  return offset + (offset & 1);
}
