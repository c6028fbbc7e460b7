import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { renditionName } from "../model/object_name.ts";
import type { Rendered } from "../ports/pixel_engine.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { storeRenditions } from "./store_renditions.ts";

const ref = sampleRef(NOON_MS);
const text = (value: string) => new TextEncoder().encode(value);
const sides = { width: 20, height: 10 };

const renderedOf = (...renditions: Rendered["renditions"]) => ({ ref, renditions });

const large = { name: "large", format: "jpeg", ...sides, bytes: text("large") } as const;
const thumb = { name: "thumb", format: "webp", width: 2, height: 1, bytes: text("t") } as const;

test("storeRenditions() stores each under its name and pins the generation that it wrote", async () => {
  const processed = new MemoryObjectStore();
  const pinned = await storeRenditions({ processed }, renderedOf(large, thumb), {});
  const facts = [
    await processed.stat(renditionName(ref, "large", "jpg")),
    await processed.stat(renditionName(ref, "thumb", "webp")),
  ];
  assert.deepEqual(pinned.map(({ generation }) => generation), facts.map((f) => f?.generation));
  assert.deepEqual(
    pinned.map(({ name, contentType, bytes, width }) => [name, contentType, bytes, width]),
    [["large", "image/jpeg", 5, 20], ["thumb", "image/webp", 1, 2]],
  );
  assert.ok(facts.every((f) => f?.customTimeMs === NOON_MS));
});

test("storeRenditions() takes over what another attempt has left", async () => {
  const processed = new MemoryObjectStore();
  const before = await storeRenditions({ processed }, renderedOf(large, thumb), {});
  assert.deepEqual(await storeRenditions({ processed }, renderedOf(large, thumb), {}), before);
});

test("storeRenditions() never replaces another attempt's rendition, which a manifest may pin, and tells its true sides", async () => {
  const processed = new MemoryObjectStore();
  const [before] = await storeRenditions({ processed }, renderedOf(large), {});
  const other = { ...large, width: 40, height: 30, bytes: text("other bytes") };
  const [after] = await storeRenditions({ processed }, renderedOf(other), {});
  assert.deepEqual(after, before);
  assert.deepEqual(await processed.read(renditionName(ref, "large", "jpg")), text("large"));
});

test("storeRenditions() of two attempts at once with different bytes pins the same generations", async () => {
  const processed = new MemoryObjectStore();
  const other = { ...large, bytes: text("other bytes") };
  const [one, two] = await Promise.all([
    storeRenditions({ processed }, renderedOf(large, thumb), {}),
    storeRenditions({ processed }, renderedOf(other, thumb), {}),
  ]);
  assert.deepEqual(one, two);
});

test("storeRenditions() is to be tried again where one went while it was stored", async () => {
  const processed = new MemoryObjectStore();
  await storeRenditions({ processed }, renderedOf(large), {});
  Object.assign(processed, { stat: () => Promise.resolve(null) });
  const storing = storeRenditions({ processed }, renderedOf(large), {});
  await assert.rejects(storing, { code: "unavailable" });
});

test("storeRenditions() throws when every write has ended: nothing is written behind its caller", async () => {
  const processed = new MemoryObjectStore({
    before: async (_, name) => {
      if (name.endsWith("large.jpg")) throw new AppError("unavailable", "Storage is away");
      await new Promise((done) => setTimeout(done, 5));
    },
  });
  await assert.rejects(() => storeRenditions({ processed }, renderedOf(large, thumb), {}));
  assert.deepEqual(processed.names(), [renditionName(ref, "thumb", "webp")]);
});
