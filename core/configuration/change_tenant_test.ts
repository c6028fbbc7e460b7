import assert from "node:assert/strict";
import { test } from "node:test";
import { withCalls } from "../testing/crashing_ports.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { setClosed } from "./change_tenant.ts";
import { pushTenants, readTenantFiles } from "./push_tenants.ts";

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

for (const isThere of [true, false]) {
  test(`setClosed() keeps what somebody else ${isThere ? "changes" : "creates"} meanwhile`, async () => {
    const config = new MemoryObjectStore();
    const other = (maxBytes: number) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ maxBytes }));
      return pushTenants(config, new Map([["shop", bytes]]));
    };
    if (isThere) await other(1);
    let calls = 0;
    const overtaken = async <T>(read: Promise<T>): Promise<T> => {
      const found = await read;
      if (calls++ === 0) await other(2);
      return found;
    };
    const bucket = withCalls(
      config,
      isThere
        ? { read: (...call) => overtaken(config.read(...call)) }
        : { list: (query) => overtaken(config.list(query)) },
    );
    const change = { name: "shop", source: "edge", isClosed: true, isDryRun: false } as const;
    assert.equal(await setClosed(bucket, change), true);
    const held = (await readTenantFiles(config)).get("shop");
    const document = JSON.parse(new TextDecoder().decode(held));
    assert.deepEqual(document, { maxBytes: 2, closed: ["edge"] });
  });
}

test("setClosed() throws a conflict where others change the object again and again", async () => {
  const config = new MemoryObjectStore();
  const overtaken = withCalls(config, { create: () => Promise.resolve({ created: false }) });
  const change = { name: "shop", source: "edge", isClosed: true, isDryRun: false } as const;
  await assert.rejects(setClosed(overtaken, change), {
    code: "conflict",
    message: /run the command/,
  });
});
