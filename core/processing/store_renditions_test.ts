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

test("storeRenditions() stores each for ten minutes of browsers' caches, and pins what it wrote", async () => {
  const processed = new MemoryObjectStore();
  const create = processed.create.bind(processed);
  const seen: unknown[] = [];
  processed.create = (...call) => {
    seen.push(call[2].cacheControl);
    return create(...call);
  };
  const pinned = await store(processed, large, thumb);
  const names = [renditionName(ref, "large", "jpg"), renditionName(ref, "thumb", "webp")];
  const facts = await Promise.all(names.map((name) => processed.stat(name)));
  assert.deepEqual(
    pinned,
    [
      { name: "large", object: names[0], ...sides, contentType: "image/jpeg", bytes: 5 },
      { name: "thumb", object: names[1], width: 2, height: 1, contentType: "image/webp", bytes: 1 },
    ].map((each, at) => ({ ...each, generation: facts[at]?.generation })),
  );
  assert.ok(facts.every((f) => f?.customTimeMs === NOON_MS));
  assert.deepEqual(seen, Array(2).fill("private, max-age=600"));
  assert.deepEqual(await store(processed, large, thumb), pinned, "takes over another attempt's");
});

test("storeRenditions() never replaces another attempt's rendition, which a manifest may pin, and returns its true sides", async () => {
  const processed = new MemoryObjectStore();
  const [before] = await store(processed, large);
  const other = { ...large, width: 40, height: 30, bytes: text("other bytes") };
  const [after] = await store(processed, other);
  assert.deepEqual(after, before);
  assert.deepEqual(await processed.read(renditionName(ref, "large", "jpg")), text("large"));
  const fresh = new MemoryObjectStore();
  const both = [[large, thumb], [{ ...large, bytes: text("other bytes") }, thumb]];
  const [one, two] = await Promise.all(both.map((renditions) => store(fresh, ...renditions)));
  assert.deepEqual(one, two, "also of two attempts at once");
});

test("storeRenditions() is to be tried again where one went while it was stored", async () => {
  const processed = new MemoryObjectStore();
  await store(processed, large);
  Object.assign(processed, { stat: () => Promise.resolve(null) });
  await assert.rejects(store(processed, large), { code: "unavailable" });
  assert.equal((await store(processed, thumb)).length, 1, "its own needs no look");
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
