import assert from "node:assert/strict";
import { test } from "node:test";
import { rawName } from "../model/object_name.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { TestWorld } from "../testing/test_world.ts";
import { rangeSource } from "./raw_image.ts";

const ref = sampleRef();
const name = rawName(ref);

async function sourceOf(size: number) {
  const world = new TestWorld();
  const bytes = Uint8Array.from({ length: size }, (_, at) => at & 0xff);
  await world.upload(ref, { bytes });
  const object = await world.raw.stat(name);
  assert.ok(object !== null);
  return { world, bytes, object, source: rangeSource(world.raw, { ref, object }, {}) };
}

test("rangeSource() reads exactly what is asked for, near the start and far behind it", async () => {
  const { source, bytes } = await sourceOf(200_000);
  assert.equal(source.size, 200_000);
  for (const [offset, length] of [[0, 64], [10, 5], [65_530, 12], [150_000, 50_000]] as const) {
    assert.deepEqual(await source.read(offset, length), bytes.slice(offset, offset + length));
  }
});

test("rangeSource() reads less at the object's end, wherever the range begins", async () => {
  const { source, bytes } = await sourceOf(100_000);
  assert.deepEqual(await source.read(90_000, 20_000), bytes.slice(90_000));
  assert.deepEqual(await source.read(0, 500_000), bytes);
});

test("rangeSource() is of one generation: when that went, it is to be tried again", async () => {
  const { world, object, source } = await sourceOf(10);
  await world.raw.replace(name, new Uint8Array(10), {
    contentType: "image/png",
    customTimeMs: 0,
    ifGeneration: object.generation,
  });
  await assert.rejects(() => source.read(0, 4), { code: "unavailable" });
});
