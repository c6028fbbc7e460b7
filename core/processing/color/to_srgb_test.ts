import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredColor } from "../../model/stored_color.ts";
import { toSrgb } from "./to_srgb.ts";

type Rgb = readonly [number, number, number];

const P3 = { primaries: "display_p3" } as const;
const PQ = { primaries: "bt2020", transfer: "pq" } as const;
const HLG = { primaries: "bt2020", transfer: "hlg" } as const;
const SWAPPED = [0.3, 0.6, 0.64, 0.33, 0.15, 0.06, 0.3127, 0.329];
const grey = (value: number): Rgb => [value, value, value];
const other = (chromaticities: number[]) => ({ primaries: "other", chromaticities } as const);

/** 8-bit samples, stored and in sRGB. */
const CASES: readonly (readonly [what: string, Partial<StoredColor>, stored: Rgb, srgb: Rgb])[] = [
  // By the matrices of CSS Color 4, section 17.
  ["P3's brown", P3, [153, 102, 51], [162, 99, 38]],
  ["P3's red, cut", P3, [255, 0, 0], [255, 0, 0]],
  ["P3's grey", P3, grey(128), grey(128)],
  ["P3's near black", P3, grey(6), grey(6)],
  ["linear light", { transfer: "linear" }, [55, 128, 255], [128, 188, 255]],
  ["a gamma of 2.2", { transfer: "gamma", gamma: 2.2 }, [20, 128, 255], [12, 128, 255]],
  ["video", { transfer: "bt1886" }, grey(128), grey(121)],
  ["red and green swapped", other(SWAPPED), [200, 100, 50], [100, 200, 50]],
  // 203 nits are PQ's 58 % and HLG's 75 % (BT.2408, table 1): half of SDR's light; 1,000 nits all of it.
  ["PQ's white", PQ, grey(148), grey(188)],
  ["PQ's peak", PQ, grey(192), grey(255)],
  ["PQ's 700 nits", { ...PQ, peakNits: 4_000 }, grey(183), grey(218)],
  ["HLG's white", HLG, grey(191), grey(188)],
  ["HLG's peak", HLG, grey(255), grey(255)],
  ["HLG's black", HLG, grey(0), grey(0)],
  ["a white without extent", other(Array(8).fill(0)), grey(9), grey(9)],
];

for (const [what, color, stored, srgb] of CASES) {
  test(`toSrgb() makes sRGB of ${what}, of 8 and of 16 bits`, () => {
    const whole = { by: "code_points", primaries: "bt709", transfer: "srgb", ...color } as const;
    const shape = { width: 1, height: 1, channels: 4 } as const;
    const shallow = { ...shape, data: new Uint8Array([...stored, 77]) };
    const deep = { ...shape, data: Uint16Array.from(shallow.data, (sample) => sample * 257) };
    for (const pixels of [shallow, deep]) {
      const found = [...toSrgb(pixels, whole).data];
      assert.equal(found[3], 77);
      srgb.forEach((sample, at) => assert.ok(Math.abs((found[at] ?? 0) - sample) <= 2, `${found}`));
    }
  });
}

test("toSrgb() leaves pixels alone that are sRGB, or have a profile", () => {
  const pixels = { data: new Uint8Array([1, 2, 3]), width: 1, height: 1, channels: 3 } as const;
  const profile = { by: "profile", primaries: "display_p3", transfer: "pq" } as const;
  for (const color of [undefined, profile]) assert.equal(toSrgb(pixels, color).data, pixels.data);
});
