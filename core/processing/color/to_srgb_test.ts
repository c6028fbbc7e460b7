import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredColor } from "../../model/stored_color.ts";
import { toSrgb } from "./to_srgb.ts";

type Rgb = readonly [number, number, number];

/** 8-bit samples, stored and in sRGB. */
interface Case {
  readonly what: string;
  readonly color: Partial<StoredColor>;
  readonly stored: Rgb;
  readonly srgb: Rgb;
}

const P3 = { primaries: "display_p3" } as const;
const PQ = { primaries: "bt2020", transfer: "pq" } as const;
const HLG = { primaries: "bt2020", transfer: "hlg" } as const;
const CASES: readonly Case[] = [
  // By the matrices of CSS Color 4, section 17.
  { what: "P3's brown", color: P3, stored: [153, 102, 51], srgb: [162, 99, 38] },
  { what: "P3's red, cut", color: P3, stored: [255, 0, 0], srgb: [255, 0, 0] },
  { what: "P3's grey", color: P3, stored: [128, 128, 128], srgb: [128, 128, 128] },
  {
    what: "linear light",
    color: { transfer: "linear" },
    stored: [55, 128, 255],
    srgb: [128, 188, 255],
  },
  {
    what: "a gamma of 2.2",
    color: { transfer: "gamma", gamma: 2.2 },
    stored: [20, 128, 255],
    srgb: [12, 128, 255],
  },
  { what: "video", color: { transfer: "bt1886" }, stored: [128, 128, 128], srgb: [121, 121, 121] },
  {
    what: "red and green swapped",
    color: {
      primaries: "other",
      chromaticities: [0.3, 0.6, 0.64, 0.33, 0.15, 0.06, 0.3127, 0.329],
    },
    stored: [200, 100, 50],
    srgb: [100, 200, 50],
  },
  // 203 nits are PQ's 58 % and HLG's 75 % (BT.2408, table 1): half of SDR's light; 1,000 nits all of it.
  { what: "PQ's white", color: PQ, stored: [148, 148, 148], srgb: [188, 188, 188] },
  { what: "PQ's peak", color: PQ, stored: [192, 192, 192], srgb: [255, 255, 255] },
  {
    what: "PQ's 700 nits",
    color: { ...PQ, peakNits: 4_000 },
    stored: [183, 183, 183],
    srgb: [218, 218, 218],
  },
  { what: "HLG's white", color: HLG, stored: [191, 191, 191], srgb: [188, 188, 188] },
  { what: "HLG's peak", color: HLG, stored: [255, 255, 255], srgb: [255, 255, 255] },
  { what: "HLG's black", color: HLG, stored: [0, 0, 0], srgb: [0, 0, 0] },
  {
    what: "a white without extent",
    color: { primaries: "other", chromaticities: Array(8).fill(0) },
    stored: [9, 9, 9],
    srgb: [9, 9, 9],
  },
];

for (const { what, color, stored, srgb } of CASES) {
  test(`toSrgb() makes sRGB of ${what}, of 8 and of 16 bits`, () => {
    const whole: StoredColor = {
      by: "code_points",
      primaries: "bt709",
      transfer: "srgb",
      ...color,
    };
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
