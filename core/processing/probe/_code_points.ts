import type { Primaries, StoredColor, Transfer } from "../../model/stored_color.ts";

/** ITU-T H.273, table 2; the points that it reserves or leaves unspecified are not in it. */
const PRIMARIES: Readonly<Record<number, Primaries>> = {
  1: "bt709",
  4: "bt470m",
  5: "bt470bg",
  6: "smpte170m",
  7: "smpte170m",
  8: "film",
  9: "bt2020",
  10: "xyz",
  11: "dci_p3",
  12: "display_p3",
  22: "ebu3213",
};

interface NamedTransfer {
  readonly transfer: Transfer;
  readonly gamma?: number;
}

/** Video of SDR is made for displays of BT.1886, whatever curve its camera had. */
const VIDEO: NamedTransfer = { transfer: "bt1886" };

/** ITU-T H.273, table 3. */
const TRANSFERS: Readonly<Record<number, NamedTransfer>> = {
  1: VIDEO,
  4: { transfer: "gamma", gamma: 2.2 },
  5: { transfer: "gamma", gamma: 2.8 },
  6: VIDEO,
  7: VIDEO,
  8: { transfer: "linear" },
  11: VIDEO,
  12: VIDEO,
  13: { transfer: "srgb" },
  14: VIDEO,
  15: VIDEO,
  16: { transfer: "pq" },
  17: { transfer: "gamma", gamma: 2.6 },
  18: { transfer: "hlg" },
};

/** The colours of two code points of ITU-T H.273; undefined where neither names any, else the other one is sRGB's. */
export function colorOfCodePoints(primaries = 0, transfer = 0): StoredColor | undefined {
  const [named, curve] = [PRIMARIES[primaries], TRANSFERS[transfer]];
  if (named === undefined && curve === undefined) return undefined;
  return { by: "code_points", primaries: named ?? "bt709", ...(curve ?? { transfer: "srgb" }) };
}
