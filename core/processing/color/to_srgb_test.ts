import assert from "node:assert/strict";
import { test } from "node:test";
import type { Primaries, StoredColor } from "../../model/stored_color.ts";
import { sampleOfLight, toSrgb } from "./to_srgb.ts";

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

/** Three stored colours by each primaries of ITU-T H.273, in sRGB. */
const STORED = [[150, 100, 60], [60, 150, 100], [100, 60, 150]];
const BY_PRIMARIES: readonly (readonly [Primaries, ...number[]])[] = [
  ["bt470m", 167, 96, 53, 0, 149, 98, 105, 70, 153],
  ["bt470bg", 152, 100, 61, 52, 150, 101, 101, 60, 149],
  ["smpte170m", 147, 101, 59, 69, 148, 100, 99, 64, 150],
  ["film", 161, 97, 53, 0, 154, 97, 108, 53, 154],
  ["bt2020", 175, 92, 50, 0, 157, 94, 112, 51, 156],
  ["xyz", 209, 0, 58, 0, 198, 81, 111, 0, 160],
  ["dci_p3", 160, 98, 50, 0, 152, 94, 108, 58, 156],
  ["display_p3", 159, 97, 51, 0, 152, 95, 107, 58, 155],
  ["ebu3213", 151, 100, 60, 55, 148, 100, 101, 66, 150],
];

test("toSrgb() goes by the primaries of every code point", () => {
  const shape = { width: 3, height: 1, channels: 3 } as const;
  const pixels = { ...shape, data: Uint8Array.from(STORED.flat()) };
  for (const [primaries, ...expected] of BY_PRIMARIES) {
    const color = { by: "code_points", primaries, transfer: "srgb" } as const;
    assert.deepEqual([...toSrgb(pixels, color).data], expected, primaries);
  }
});

test("sampleOfLight() is straight near black (IEC 61966-2-1), and cut beyond both ends", () => {
  const lights = [-1, 0, 0.0005, 0.001, 0.002, 0.003, 0.0035, 0.5, 1, 2];
  assert.deepEqual(lights.map(sampleOfLight), [0, 0, 2, 3, 7, 10, 11, 188, 255, 255]);
});

test("toSrgb() leaves pixels alone that are sRGB, or have a profile", () => {
  const pixels = { data: new Uint8Array([1, 2, 3]), width: 1, height: 1, channels: 3 } as const;
  const profile = { by: "profile", primaries: "display_p3", transfer: "pq" } as const;
  for (const color of [undefined, profile]) assert.equal(toSrgb(pixels, color).data, pixels.data);
});
