import type { Primaries, StoredColor, Transfer } from "../../model/stored_color.ts";
import { colorOfCodePoints } from "./_code_points.ts";
import { iccTag } from "./_icc_name.ts";
import { latin1, viewOf } from "./_reader.ts";

/** x and y of red and green under D50, which profiles are written in; two primaries tell these apart. */
const KNOWN: readonly (readonly [Primaries, readonly [number, number, number, number]])[] = [
  ["bt709", [0.6485, 0.3309, 0.3212, 0.5979]],
  ["display_p3", [0.6821, 0.3194, 0.2846, 0.6746]],
  ["adobe_rgb", [0.6484, 0.3309, 0.2302, 0.7016]],
  ["bt2020", [0.7084, 0.2936, 0.1902, 0.7753]],
  ["prophoto_rgb", [0.7347, 0.2653, 0.1596, 0.8404]],
];
const TOLERANCE = 0.006;
/** sRGB's light of a stored half, of 65,535. */
const SRGB_HALF = 14_027;
const FIXED = 65_536;

/** What a profile of RGB (ICC.1:2022) says of primaries and transfer; undefined for grey, ink, and what is no profile. */
export function iccColor(profile: Uint8Array): StoredColor | undefined {
  const cicp = iccTag(profile, "cicp");
  const points = cicp === undefined ? undefined : colorOfCodePoints(cicp[8], cicp[9]);
  if (points !== undefined) return { ...points, by: "profile" };
  const [red, green, curve] = [
    xyOf(iccTag(profile, "rXYZ")),
    xyOf(iccTag(profile, "gXYZ")),
    iccTag(profile, "rTRC"),
  ];
  if (red === undefined || green === undefined || curve === undefined) return undefined;
  const found = [...red, ...green];
  const known = KNOWN.find(([, xy]) =>
    xy.every((value, at) => Math.abs(value - (found[at] ?? 0)) <= TOLERANCE)
  );
  return { by: "profile", primaries: known?.[0] ?? "other", ...transferOf(curve) };
}

function xyOf(tag: Uint8Array | undefined): readonly [number, number] | undefined {
  if (tag === undefined || tag.length < 20) return undefined;
  const view = viewOf(tag);
  const [x, y, z] = [view.getInt32(8), view.getInt32(12), view.getInt32(16)];
  return [x / (x + y + z), y / (x + y + z)];
}

/** `curv` and `para` (sections 10.6 and 10.18). */
function transferOf(tag: Uint8Array): { readonly transfer: Transfer; readonly gamma?: number } {
  if (tag.length < 12) return { transfer: "other" };
  const view = viewOf(tag);
  const type = latin1(tag.subarray(0, 4));
  if (type === "para" && tag.length >= 16) {
    const exponent = view.getInt32(12) / FIXED;
    if (view.getUint16(8) === 0) return powerOf(exponent);
    return { transfer: Math.abs(exponent - 2.4) < 0.05 ? "srgb" : "other" };
  }
  if (type !== "curv") return { transfer: "other" };
  const count = view.getUint32(8);
  if (count === 0) return powerOf(1);
  if (count === 1 && tag.length >= 14) return powerOf(view.getUint16(12) / 256);
  const half = 12 + 2 * Math.floor(count / 2);
  const isSrgb = half + 2 <= tag.length && Math.abs(view.getUint16(half) - SRGB_HALF) < 400;
  return { transfer: isSrgb ? "srgb" : "other" };
}

function powerOf(gamma: number): { readonly transfer: Transfer; readonly gamma?: number } {
  return gamma === 1 ? { transfer: "linear" } : { transfer: "gamma", gamma };
}
