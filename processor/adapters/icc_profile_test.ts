import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { decodeInside } from "@tintype/core/testing/codec_contract";
import { colorAt, difference, quarters } from "@tintype/core/testing/drawing";
import { be, bytesOf, chunk } from "@tintype/core/testing/headers";
import { makeSample } from "../testing/samples.ts";
import { readProfile } from "./_icc_profile.ts";
import { imagescriptCodec } from "./imagescript_codec.ts";

const BOX = { width: 200, height: 200 };
const PLACES = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]] as const;
/** Adobe RGB's primaries under D50 (Adobe RGB (1998) Color Image Encoding, annex B). */
const WIDE = {
  rXYZ: xyz(0.60974, 0.31111, 0.01947),
  gXYZ: xyz(0.20528, 0.62567, 0.06087),
  bXYZ: xyz(0.14919, 0.06322, 0.74457),
};

const STEPS = Array.from({ length: 1_024 }, (_, at) => Math.round(65_535 * (at / 1_023) ** 1.8));
const SRGB_PARAMETERS = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045].flatMap(fixed);
const CURVES = {
  "a gamma": bytesOf("curv", be(0, 4), be(1, 4), be(Math.round(2.2 * 256), 2)),
  "a table": bytesOf("curv", be(0, 4), be(1_024, 4), STEPS.flatMap((step) => be(step, 2))),
  "sRGB's parameters": bytesOf("para", be(0, 4), be(3, 2), be(0, 2), SRGB_PARAMETERS),
} as const;

function fixed(value: number): number[] {
  return be((Math.round(value * 65_536) + 2 ** 32) % 2 ** 32, 4);
}

function xyz(...values: readonly number[]): Uint8Array {
  return bytesOf("XYZ ", be(0, 4), values.flatMap(fixed));
}

/** A version 2 monitor profile of these tags, without a name that anybody knows. */
function profileOf(space: "RGB " | "GRAY", tags: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const named = { desc: bytesOf("desc", be(0, 4), be(2, 4), "x\0", new Uint8Array(78)), ...tags };
  const entries = Object.entries({
    ...named,
    cprt: bytesOf("text", be(0, 4), "none\0"),
    wtpt: xyz(0.9642, 1, 0.8249),
  });
  let at = 128 + 4 + entries.length * 12;
  const table = entries.flatMap(([name, { length }]) => {
    const entry = [...bytesOf(name), ...be(at, 4), ...be(length, 4)];
    at += length + (-length & 3);
    return entry;
  });
  const bodies = entries.flatMap(([, body]) => [body, new Uint8Array(-body.length & 3)]);
  const zeroes = (count: number) => new Uint8Array(count);
  const head = [be(at, 4), zeroes(4), be(0x02400000, 4), "mntr", space, "XYZ ", zeroes(12), "acsp"];
  const white = xyz(0.9642, 1, 0.8249).subarray(8);
  const count = be(entries.length, 4);
  return bytesOf(...head, zeroes(28), white, zeroes(48), count, table, ...bodies);
}

/** The picture stored in the profile's own colours, with the profile in it. */
async function stored(
  profile: Uint8Array,
  format: "jpeg" | "png",
): Promise<Uint8Array<ArrayBuffer>> {
  const path = await Deno.makeTempFile({ suffix: ".icc" });
  try {
    await Deno.writeFile(path, profile);
    const { data, ...raw } = quarters(64, 64);
    const image = sharp(data, { raw }).withIccProfile(path);
    const options = format === "jpeg" ? { quality: 95, chromaSubsampling: "4:4:4" } : {};
    return new Uint8Array(await image[format](options).toBuffer());
  } finally {
    await Deno.remove(path);
  }
}

/** A profile of wide colours with one curve for all. */
const wideProfile = (curve: Uint8Array) =>
  profileOf("RGB ", { ...WIDE, rTRC: curve, gTRC: curve, bTRC: curve });

for (const [what, curve] of Object.entries(CURVES)) {
  for (const format of ["jpeg", "png"] as const) {
    test(`imagescriptCodec() brings a ${format} with a profile of ${what} to sRGB`, async () => {
      const bytes = await stored(wideProfile(curve), format);
      const pixels = await decodeInside(imagescriptCodec(), bytes, BOX);
      for (const [x, y] of PLACES) {
        const [ours, meant] = [colorAt(pixels, x, y), colorAt(quarters(64, 64), x, y)];
        assert.ok(difference(ours, meant) <= 10, `${ours} for ${meant}`);
      }
    });
  }
}

test("the stored colours of that test are others: it could fail", async () => {
  const bytes = await stored(wideProfile(CURVES["a table"]), "png");
  const { data, info } = await sharp(bytes, { ignoreIcc: true }).raw()
    .toBuffer({ resolveWithObject: true });
  const at = (16 * info.width + 16) * info.channels;
  const first = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0] as const;
  assert.ok(difference(first, colorAt(quarters(64, 64), 0.25, 0.25)) > 20, String(first));
});

test("imagescriptCodec() refuses a profile that has tables alone, and shows one that makes no sense as sRGB", async () => {
  const decode = async (profile: Uint8Array) =>
    await decodeInside(imagescriptCodec(), await withProfile(profile), BOX);
  const tables = profileOf("RGB ", { A2B0: bytesOf("mft2", new Uint8Array(48)) });
  await assert.rejects(decode(tables), { reason: "unsupported_type" });
  const meant = colorAt(quarters(64, 64), 0.25, 0.25);
  const grey = profileOf("GRAY", { kTRC: CURVES["a gamma"] });
  for (const nonsense of [new Uint8Array(200), grey, tables.subarray(0, 100)]) {
    assert.ok(difference(colorAt(await decode(nonsense), 0.25, 0.25), meant) <= 4);
  }
});

/** A PNG of sRGB pixels that has the profile all the same. */
async function withProfile(profile: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const png = await makeSample(quarters(64, 64), { mediaType: "image/png" });
  const iccp = chunk("iCCP", "x", 0, 0, deflateSync(profile));
  return new Uint8Array(bytesOf(png.subarray(0, 33), iccp, png.subarray(33)));
}

/** Function types of `para` (ICC.1:2022, section 10.18) and sampled curves: what each makes of 0, 128 and 255. */
const LIGHTS: readonly (readonly [curve: Uint8Array, lights: readonly number[]])[] = [
  [curv(), [0, 128 / 255, 1]],
  [curv(512), [0, (128 / 255) ** 2, 1]],
  [curv(0, 65_535), [0, 128 / 255, 1]],
  [curv(0, 13_107, 65_535), [0, 0.2 + 0.8 * (2 * 128 / 255 - 1), 1]],
  [para(0, 2), [0, (128 / 255) ** 2, 1]],
  [para(1, 2, 1, -0.25), [0, (128 / 255 - 0.25) ** 2, 0.5625]],
  [para(2, 2, 1, -0.25, 0.125), [0.125, (128 / 255 - 0.25) ** 2 + 0.125, 0.6875]],
  [para(3, 2, 1, 0, 0.25, 0.5), [0, (128 / 255) ** 2, 1]],
  [para(3, 2, 1, 0, 0.25, 0.75), [0, 0.25 * 128 / 255, 1]],
  [para(4, 2, 1, 0, 0.25, 0.75, 0.125, 0.0625), [0.0625, 0.25 * 128 / 255 + 0.0625, 1.125]],
];

function curv(...samples: readonly number[]): Uint8Array {
  return bytesOf("curv", be(0, 4), be(samples.length, 4), samples.flatMap((each) => be(each, 2)));
}

function para(type: number, ...parameters: readonly number[]): Uint8Array {
  return bytesOf("para", be(0, 4), be(type, 2), be(0, 2), parameters.flatMap(fixed));
}

test("readProfile() makes light of every kind of curve, and of none that is cut", () => {
  for (const [curve, lights] of LIGHTS) {
    const read = readProfile(profileOf("GRAY", { kTRC: curve }));
    assert.ok(read.kind === "matrix");
    const [light] = read.profile.curves;
    const seen = [0, 128, 255].map((value) => light[value] ?? NaN);
    for (const [at, meant] of lights.entries()) {
      assert.ok(Math.abs((seen[at] ?? NaN) - meant) < 1e-9, `${seen} for ${lights}`);
    }
    if (curve.length === 12) continue;
    const cut = readProfile(profileOf("GRAY", { kTRC: curve.subarray(0, -1) }));
    assert.equal(cut.kind, "broken", String(curve));
  }
});

test("readProfile() takes grey curves, distinguishes tables from a matrix, and trusts nothing else", () => {
  const curve = CURVES["a gamma"];
  const grey = readProfile(profileOf("GRAY", { kTRC: curve }));
  assert.ok(grey.kind === "matrix" && grey.profile.isGrey);
  const tables = profileOf("RGB ", { A2B0: bytesOf("mft2", new Uint8Array(48)) });
  assert.equal(readProfile(tables).kind, "tables");
  const whole = wideProfile(curve);
  assert.equal(readProfile(whole).kind, "matrix");
  for (let length = 0; length < whole.length; length += 7) readProfile(whole.subarray(0, length));
  assert.equal(readProfile(whole.subarray(0, 140)).kind, "broken");
  const loud = bytesOf("curv", be(0, 4), be(0xffffffff, 4));
  assert.equal(readProfile(profileOf("GRAY", { kTRC: loud })).kind, "broken");
});
