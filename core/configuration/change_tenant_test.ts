import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { setClosed } from "./change_tenant.ts";
import { readTenantFiles } from "./push_tenants.ts";

test("setClosed() closes and opens a source, and writes nothing in a dry run", async () => {
  const config = new MemoryObjectStore();
  const set = (isClosed: boolean, source: "edge" | "kafka", isDryRun = false) =>
    setClosed(config, { name: "shop", source, isClosed, isDryRun });
  const held = async () => new TextDecoder().decode((await readTenantFiles(config)).get("shop"));
  assert.equal(await set(true, "kafka", true), true);
  assert.equal(await held(), "");
  assert.deepEqual([await set(true, "kafka"), await set(true, "edge")], [true, true]);
  assert.deepEqual(JSON.parse(await held()), { closed: ["edge", "kafka"] });
  assert.equal(await set(true, "edge"), false);
  await set(false, "kafka");
  await set(false, "edge");
  assert.equal(await held(), "{}");
});
