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

const store = (processed: MemoryObjectStore, ...renditions: Rendered["renditions"]) =>
  storeRenditions({ processed }, { ref, renditions }, {});

const large = { name: "large", format: "jpeg", ...sides, bytes: text("large") } as const;
const thumb = { name: "thumb", format: "webp", width: 2, height: 1, bytes: text("t") } as const;

test("storeRenditions() stores each under its name and pins the generation that it wrote", async () => {
  const processed = new MemoryObjectStore();
  const pinned = await store(processed, large, thumb);
  const facts = [
    await processed.stat(renditionName(ref, "large", "jpg")),
    await processed.stat(renditionName(ref, "thumb", "webp")),
  ];
  assert.deepEqual(pinned.map(({ generation }) => generation), facts.map((f) => f?.generation));
  const told = pinned.map((
    { name, contentType, bytes, width },
  ) => [name, contentType, bytes, width]);
  assert.deepEqual(told, [["large", "image/jpeg", 5, 20], ["thumb", "image/webp", 1, 2]]);
  assert.ok(facts.every((f) => f?.customTimeMs === NOON_MS));
});

test("storeRenditions() lets browsers keep a rendition for ten minutes", async () => {
  const processed = new MemoryObjectStore();
  const create = processed.create.bind(processed);
  const seen: unknown[] = [];
  Object.assign(processed, {
    create(...call: Parameters<typeof create>) {
      seen.push(call[2].cacheControl);
      return create(...call);
    },
  });
  await store(processed, large);
  assert.deepEqual(seen, ["private, max-age=600"]);
});

test("storeRenditions() takes over what another attempt has left", async () => {
  const processed = new MemoryObjectStore();
  const before = await store(processed, large, thumb);
  assert.deepEqual(await store(processed, large, thumb), before);
});

test("storeRenditions() never replaces another attempt's rendition, which a manifest may pin, and tells its true sides", async () => {
  const processed = new MemoryObjectStore();
  const [before] = await store(processed, large);
  const other = { ...large, width: 40, height: 30, bytes: text("other bytes") };
  const [after] = await store(processed, other);
  assert.deepEqual(after, before);
  assert.deepEqual(await processed.read(renditionName(ref, "large", "jpg")), text("large"));
});

test("storeRenditions() of two attempts at once with different bytes pins the same generations", async () => {
  const processed = new MemoryObjectStore();
  const other = { ...large, bytes: text("other bytes") };
  const [one, two] = await Promise.all([
    store(processed, large, thumb),
    store(processed, other, thumb),
  ]);
  assert.deepEqual(one, two);
});

test("storeRenditions() is to be tried again where one went while it was stored", async () => {
  const processed = new MemoryObjectStore();
  await store(processed, large);
  Object.assign(processed, { stat: () => Promise.resolve(null) });
  await assert.rejects(store(processed, large), { code: "unavailable" });
});

test("storeRenditions() throws when every write has ended: nothing is written behind its caller", async () => {
  const processed = new MemoryObjectStore({
    before: async (_, name) => {
      if (name.endsWith("large.jpg")) throw new AppError("unavailable", "Storage is away");
      await new Promise((done) => setTimeout(done, 5));
    },
  });
  await assert.rejects(() => store(processed, large, thumb));
  assert.deepEqual(processed.names(), [renditionName(ref, "thumb", "webp")]);
});
