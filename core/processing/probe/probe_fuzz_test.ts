import assert from "node:assert/strict";
import { test } from "node:test";
import { ImageRejected } from "../../model/reject_reason.ts";
import { seededRandom } from "../../seeded_random.ts";
import { ECHOES } from "../../testing/echoes.ts";
import {
  be,
  box,
  bytesOf,
  chunk,
  heif,
  ispe,
  jpeg,
  le,
  png,
  riffChunk,
  segment,
  tiff,
  vp8x,
  webp,
} from "../../testing/headers.ts";
import { countSteps } from "./_steps_testing.ts";
import { probeBytes } from "./probe.ts";

const ORIENTATION_6 = tiff([[0x0112, 3, 1, 6]]);
const TIFF_GREY = tiff([[256, 3, 1, 30], [257, 3, 1, 20], [258, 3, 1, 8], [262, 3, 1, 1]]);
/** Steps that it may take for each byte that it was given: a number read, a view taken, a byte turned into text. */
const STEPS_PER_BYTE = 5;
/** And for a file of no size at all. */
const STEPS_BEFORE = 500;

/** Probes the bytes; true where it refuses them. Throws where it throws another error or goes beyond its bounds. */
async function isRefused(bytes: Uint8Array): Promise<boolean> {
  let refused = false;
  const steps = await countSteps(() =>
    probeBytes(bytes).catch((error) => {
      assert.ok(error instanceof ImageRejected, String(error?.stack));
      refused = true;
    })
  );
  const most = STEPS_BEFORE + STEPS_PER_BYTE * bytes.length;
  assert.ok(steps <= most, `${steps} steps for ${bytes.length} bytes`);
  return refused;
}

test("probe() throws nothing but its closed error on bytes behind a magic number that mean nothing", async () => {
  const starts = [
    bytesOf([0xff, 0xd8, 0xff]),
    bytesOf([0x89], "PNG\r\n", 0x1a, "\n"),
    bytesOf("RIFF", le(992, 4), "WEBP"),
    bytesOf("GIF89a"),
    bytesOf("II", le(42, 2)),
    bytesOf("MM", be(43, 2)),
    bytesOf(be(24, 4), "ftypavif"),
    bytesOf(be(24, 4), "ftypheic"),
  ];
  const random = seededRandom(11);
  for (const start of starts) {
    for (let round = 0; round < 100; round += 1) {
      const noise = Array.from({ length: 1_000 - start.length }, () => Math.floor(random() * 256));
      await isRefused(bytesOf(start, noise));
    }
  }
});

test("probe() throws nothing but its closed error on cut and changed headers", async () => {
  const gifHead = bytesOf("GIF89a", le(6, 2), le(4, 2), [0x80, 0, 0], new Uint8Array(6));
  const samples = [
    jpeg({ width: 640, height: 480, before: [segment(0xe1, "Exif\0\0", ORIENTATION_6)] }),
    png({ width: 64, height: 64, before: [chunk("eXIf", ORIENTATION_6), chunk("acTL", be(3, 8))] }),
    TIFF_GREY,
    heif({ brand: "avif", item: "av01", properties: [ispe(400, 300), box("irot", 1)] }),
    bytesOf(gifHead, [0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c], new Uint8Array(30)),
    webp(vp8x(0x3a, 320, 200), riffChunk("EXIF", ORIENTATION_6)),
  ];
  const numbers = seededRandom(7);
  const random = (below: number) => Math.floor(numbers() * below);
  let refused = 0;
  for (const sample of samples) {
    for (let round = 0; round < 400; round += 1) {
      const changed = sample.slice(0, 1 + random(sample.length));
      for (let flips = random(4); flips > 0; flips -= 1) {
        changed[random(changed.length)] = random(256);
      }
      if (await isRefused(changed)) refused += 1;
    }
  }
  assert.ok(refused > 400);
});

for (const [name, , bytes] of ECHOES) {
  test(`probe() takes no more than ${STEPS_PER_BYTE} steps a byte for ${name}`, async () => {
    await isRefused(bytes);
  });
}
