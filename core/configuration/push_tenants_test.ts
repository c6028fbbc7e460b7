import assert from "node:assert/strict";
import { test } from "node:test";
import { withCalls } from "../testing/crashing_ports.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { type ConfigBucket, pushTenants, readTenantFiles } from "./push_tenants.ts";
import { parseOrigins, parseTopics, tenantFile } from "./tenant_files.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const filesOf = (documents: Readonly<Record<string, unknown>>) =>
  new Map(Object.entries(documents).map(([name, value]) => [name, encode(value)]));

const FIRST = {
  _default: { maxFrames: 7 },
  acme: { corsOrigins: ["https://a.example"] },
  stream: { kafkaTopics: { images: {} } },
};

async function pushedWorld(): Promise<MemoryObjectStore> {
  const config = new MemoryObjectStore();
  const { written, unchanged } = await pushTenants(config, filesOf(FIRST));
  assert.deepEqual([written, unchanged], [Object.keys(FIRST), []]);
  return config;
}

test("pushTenants() writes objects and what follows from all of them, and reads back what it wrote", async () => {
  const config = await pushedWorld();
  const names = [...Object.keys(FIRST), "_origins", "_topics"].map(tenantFile);
  assert.deepEqual(config.names(), names.toSorted());
  assert.deepEqual(await readTenantFiles(config), filesOf(FIRST));
  assert.deepEqual(parseOrigins(await config.read(tenantFile("_origins"))), ["https://a.example"]);
  const topics = parseTopics(await config.read(tenantFile("_topics")));
  assert.equal(topics.get("images")?.tenant, "stream");
});

test("pushTenants() of one object writes that alone, with the origins of all", async () => {
  const config = await pushedWorld();
  const acme = { corsOrigins: ["https://b.example"] };
  const files = filesOf({ acme, _default: FIRST._default });
  const pushed = { written: ["acme"], unchanged: ["_default"] };
  assert.deepEqual(await pushTenants(config, files), pushed);
  assert.deepEqual(await readTenantFiles(config), filesOf({ ...FIRST, acme }));
  assert.deepEqual(parseOrigins(await config.read(tenantFile("_origins"))), ["https://b.example"]);
  const before = await config.list({ prefix: "" });
  await pushTenants(config, files);
  assert.deepEqual(await config.list({ prefix: "" }), before, "a second push changes nothing");
});

test("pushTenants() writes nothing where it would break what is there", async () => {
  const config = await pushedWorld();
  const topics = { other: { kafkaTopics: { images: {} } }, acme: {} };
  const failure = { code: "invalid_config", message: /kafkaTopics\.images/ };
  await assert.rejects(pushTenants(config, filesOf(topics)), failure);
  assert.deepEqual(await readTenantFiles(config), filesOf(FIRST));
});

test("pushTenants() throws a conflict where somebody else changes an object meanwhile", async () => {
  const config = await pushedWorld();
  const overtaken = withCalls(config, { replace: () => Promise.resolve(null) });
  const pushing = pushTenants(overtaken, filesOf({ acme: { maxBytes: 1 } }));
  await assert.rejects(pushing, { code: "conflict", message: /tenants\/acme\.json/ });
});

test("pushTenants() throws a conflict where another push ended behind its look at what is there", async () => {
  const config = await pushedWorld();
  const push = (bucket: ConfigBucket, tenant: string) =>
    pushTenants(bucket, filesOf({ [tenant]: { kafkaTopics: { [tenant]: {} } } }));
  const list: typeof config.list = async (query) => {
    const page = await config.list(query);
    await push(config, "b");
    return page;
  };
  const pushing = push(withCalls(config, { list }), "a");
  await assert.rejects(pushing, { code: "conflict", message: /_topics/ });
  await push(config, "a");
  const topics = parseTopics(await config.read(tenantFile("_topics")));
  assert.deepEqual([...topics.keys()].toSorted(), ["a", "b", "images"]);
});
