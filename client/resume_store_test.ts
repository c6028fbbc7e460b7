import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenPromises, recordOf } from "./_stores_testing.ts";
import { MemoryResumeStore } from "./resume_store.ts";

test("MemoryResumeStore keeps a store's promises, and forgets what is over", async () => {
  const store = new MemoryResumeStore();
  assert.deepEqual(await brokenPromises(store), []);
  await store.put("over", recordOf("1", -1));
  assert.ok(await store.get("over"));
  await store.put("another", recordOf("2"));
  assert.equal(await store.get("over"), undefined);
});
