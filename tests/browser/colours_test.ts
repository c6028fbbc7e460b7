/** Colours that a file gives by code points, beside what Chromium shows of them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { decodeInside } from "@tintype/core/testing/codec_contract";
import { be, bytesOf, chunk } from "@tintype/core/testing/headers";
import { meanDeltaE } from "@tintype/core/testing/likeness";
import { sharpCodec } from "@tintype/processor/adapters/sharp_codec";
import type { Browser, Page } from "playwright-core";
import { openBrowser, WITHOUT_CHROMIUM } from "./_browser.ts";

const skip = WITHOUT_CHROMIUM;
const [WIDTH, HEIGHT] = [48, 32];
const WIDE = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06];
const cicp = (primaries: number, transfer: number) => chunk("cICP", primaries, transfer, 0, 1);
const gama = (exponent: number) => chunk("gAMA", be(Math.round(100_000 / exponent), 4));
const chrm = chunk("cHRM", WIDE.flatMap((value) => be(Math.round(value * 100_000), 4)));
const clli = chunk("cLLI", be(4_000 * 10_000, 4), be(0, 4));

/** Chunks that say what samples stand for, the largest of those, and how far from Chromium ours may be (mean ΔE). */
const CASES: readonly (readonly [string, readonly Uint8Array[], largest: number, most: number])[] =
  [
    ["Display P3", [cicp(12, 13)], 1, 2],
    ["BT.2020 of SDR", [cicp(9, 14)], 1, 2],
    ["linear light", [gama(1)], 1, 2],
    ["a gamma of 1.8 and wide colours", [gama(1.8), chrm], 1, 2],
    ["PQ", [cicp(9, 16)], 0.75, 5],
    ["PQ of 4,000 nits", [cicp(9, 16), clli], 0.9, 5],
    ["HLG", [cicp(9, 18)], 1, 5],
  ];

/** A PNG of 16 bits: hues across, light down, from grey to half as colourful as can be. */
function pngOf(chunks: readonly Uint8Array[], largest: number): Uint8Array<ArrayBuffer> {
  const rows = Array.from({ length: HEIGHT }, (_, y) => {
    const row = Array.from({ length: WIDTH }, (_, x) => {
      const light = largest * (y + 1) / HEIGHT;
      const parts = [0, 1, 2].map((part) => Math.cos(2 * Math.PI * (x / WIDTH - part / 3)));
      return parts.flatMap((part) => be(Math.round(65_535 * light * (0.75 + part / 4)), 2));
    });
    return [0, ...row.flat()];
  });
  const ihdr = chunk("IHDR", be(WIDTH, 4), be(HEIGHT, 4), 16, 2, 0, 0, 0);
  const idat = chunk("IDAT", deflateSync(new Uint8Array(rows.flat())));
  const file = [ihdr, ...chunks, idat, chunk("IEND")];
  return new Uint8Array(bytesOf(0x89, "PNG\r\n", 0x1a, "\n", ...file));
}

/** What Chromium shows of a file on a screen of sRGB. */
async function shownBy(page: Page, file: Uint8Array): Promise<RawPixels> {
  const url = `data:image/png;base64,${Buffer.from(file).toString("base64")}`;
  const samples = await page.evaluate(async (src) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d", { colorSpace: "srgb" });
    context?.drawImage(image, 0, 0);
    return Array.from(context?.getImageData(0, 0, canvas.width, canvas.height).data ?? []);
  }, url);
  return { data: new Uint8Array(samples), width: WIDTH, height: HEIGHT, channels: 4 };
}

test("colours by code points", { skip }, async (t) => {
  let browser: Browser;
  let page: Page;
  before(async () => {
    browser = await openBrowser(["--force-color-profile=srgb"]);
    page = await browser.newPage();
  });
  after(() => browser?.close());

  for (const [what, chunks, largest, most] of CASES) {
    await t.test(`of ${what} are those that Chromium shows`, async () => {
      const file = pngOf(chunks, largest);
      const ours = await decodeInside(sharpCodec(), file, { width: WIDTH, height: HEIGHT });
      const theirs = await shownBy(page, file);
      const difference = meanDeltaE(ours, theirs);
      assert.ok(difference <= most, `mean ΔE ${difference}`);
      const ignored = await decodeInside(sharpCodec(), pngOf([], largest), {
        width: WIDTH,
        height: HEIGHT,
      });
      assert.ok(meanDeltaE(ignored, theirs) > difference, "ignoring the chunks is as good");
    });
  }
});
