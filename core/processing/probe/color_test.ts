import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredColor } from "../../model/stored_color.ts";
import { be, box, bytesOf, chunk, heif, ispe, png } from "../../testing/headers.ts";
import { colorOfCodePoints } from "./_code_points.ts";
import { probeBytes } from "./probe.ts";

const cicp = (primaries: number, transfer: number) => chunk("cICP", primaries, transfer, 0, 1);
const gama = (value: number) => chunk("gAMA", be(value, 4));
const P3_XY = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06];
const chrm = chunk("cHRM", P3_XY.flatMap((value) => be(Math.round(value * 100_000), 4)));
const pngOf = (...before: Uint8Array[]) => png({ width: 9, height: 9, before });
const nclx = (primaries: number, transfer: number, range = 0x80) =>
  box("colr", "nclx", be(primaries, 2), be(transfer, 2), be(6, 2), range);
const grey = box("pixi", [0, 0, 0, 0], 1, 8);
const heicOf = (...more: Uint8Array[]) =>
  heif({ brand: "heic", item: "hvc1", properties: [ispe(9, 9), ...more] });

const points = (color: Partial<StoredColor>): StoredColor => ({
  by: "code_points",
  primaries: "bt709",
  transfer: "srgb",
  ...color,
});
const XY = [...P3_XY.slice(2), 0.3127, 0.329];
const MASTER = new Uint8Array(16);
const ADOBE = { by: "profile", primaries: "adobe_rgb", transfer: "other" } as const;
const PQ = points({ primaries: "bt2020", transfer: "pq" });

const CASES: readonly (readonly [string, Uint8Array, StoredColor | undefined])[] = [
  ["a PNG that says nothing", pngOf(), undefined],
  ["cICP", pngOf(cicp(9, 16)), PQ],
  ["cICP before gAMA", pngOf(gama(100_000), cicp(12, 13)), points({ primaries: "display_p3" })],
  ["cICP that names nothing", pngOf(cicp(2, 2)), undefined],
  ["cLLI", pngOf(cicp(9, 16), chunk("cLLI", be(4e7, 4), be(0, 4))), { ...PQ, peakNits: 4_000 }],
  ["mDCV", pngOf(cicp(9, 16), chunk("mDCV", MASTER, be(7e6, 4))), { ...PQ, peakNits: 700 }],
  ["sRGB before gAMA", pngOf(gama(100_000), chunk("sRGB", 0)), points({})],
  ["a profile before gAMA", pngOf(gama(100_000), chunk("iCCP", "Adobe RGB (1998)\0", 0, 1)), ADOBE],
  ["sRGB's gAMA", pngOf(gama(45_455)), points({})],
  ["a gAMA of 1", pngOf(gama(100_000)), points({ transfer: "gamma", gamma: 1 })],
  ["a gAMA of nothing", pngOf(gama(0)), undefined],
  ["cHRM alone", pngOf(chrm), undefined],
  ["cHRM with gAMA", pngOf(gama(45_455), chrm), points({ primaries: "other", chromaticities: XY })],
  ["a gAMA beyond any screen's", pngOf(gama(1_000_001)), undefined],
  ["a transfer alone", pngOf(cicp(2, 1)), points({ transfer: "bt1886" })],
  ["nclx of P3", heicOf(nclx(12, 13)), points({ primaries: "display_p3" })],
  ["nclx of HLG", heicOf(nclx(9, 18)), points({ primaries: "bt2020", transfer: "hlg" })],
  ["nclx of video", heicOf(nclx(1, 1)), points({ transfer: "bt1886" })],
  ["nclx that names nothing", heicOf(nclx(2, 2)), undefined],
  ["grey of video's range", heicOf(nclx(1, 13, 0), grey), points({ isLimited: true })],
  ["clli", heicOf(nclx(9, 16), box("clli", be(700, 2), be(90, 2))), { ...PQ, peakNits: 700 }],
  ["mdcv", heicOf(nclx(9, 16), box("mdcv", MASTER, be(6e6, 4), be(1, 4))), {
    ...PQ,
    peakNits: 600,
  }],
];

for (const [what, file, color] of CASES) {
  test(`probe() reads the colours of ${what}`, async () => {
    assert.deepEqual((await probeBytes(bytesOf(file))).header.color, color);
  });
}

/** ITU-T H.273, tables 2 and 3, from code point 0 on; `-` is reserved or unspecified. */
const NAMES = "- bt709 - - bt470m bt470bg smpte170m smpte170m film bt2020 xyz dci_p3 display_p3 " +
  "- - - - - - - - - ebu3213 -";
const CURVES =
  "- bt1886 - - gamma2.2 gamma2.8 bt1886 bt1886 linear - - bt1886 bt1886 srgb bt1886 " +
  "bt1886 pq gamma2.6 hlg -";

test("colorOfCodePoints() names what the tables name", () => {
  NAMES.split(" ").forEach((name, code) => {
    assert.equal(colorOfCodePoints(code, 0)?.primaries ?? "-", name, `${code}`);
  });
  CURVES.split(" ").forEach((curve, code) => {
    const { transfer = "-", gamma = "" } = colorOfCodePoints(0, code) ?? {};
    assert.equal(`${transfer}${gamma}`, curve, `${code}`);
  });
});
