import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTenant, type Tenant } from "../model/tenant.ts";
import { DEFAULT_PLAN } from "../model/tenant_plan.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { ManualClock } from "../testing/test_world.ts";
import { CachedTenants } from "./cached_tenants.ts";
import { DOCUMENT_AGE_MS } from "./cached_document.ts";
import { tenantFile } from "./tenant_files.ts";

const acme = parseTenant("acme");
const other = parseTenant("other");

/** Tenants of a bucket that is changed by `write`, a minute before it is looked at again. */
function tenantsOf() {
  const clock = new ManualClock();
  const reads: string[] = [];
  const problems: string[] = [];
  const config = new MemoryObjectStore({ before: (_, name) => void reads.push(name) });
  const tenants = new CachedTenants({
    config,
    clock,
    onProblem: (_, file) => void problems.push(file),
  });
  const write = async (name: string, document: unknown) => {
    const file = tenantFile(name);
    const facts = await config.stat(file);
    if (facts !== null) await config.remove(file, facts);
    const text = typeof document === "string" ? document : JSON.stringify(document);
    await config.put(file, new TextEncoder().encode(text));
    clock.nowMs += DOCUMENT_AGE_MS;
    reads.length = 0;
  };
  const maxBytesOf = async (tenant: Tenant) => (await tenants.planOf(tenant)).maxBytes;
  return { tenants, write, maxBytesOf, reads, problems };
}

test("a tenant without an object has the default, and without that ours", async () => {
  const { tenants, write, maxBytesOf } = tenantsOf();
  for (const tenant of [acme, parseTenant("constructor")]) {
    assert.deepEqual(await tenants.planOf(tenant), DEFAULT_PLAN);
  }
  await write("_default", { maxBytes: 1_000, maxFrames: 7 });
  await write("acme", { maxBytes: 2_000 });
  const { maxBytes, maxFrames, imagesPerDay } = await tenants.planOf(acme);
  assert.deepEqual([maxBytes, maxFrames, imagesPerDay], [2_000, 7, DEFAULT_PLAN.imagesPerDay]);
  assert.equal(await maxBytesOf(other), 1_000);
});

test("a bad object is unavailable for its tenant alone, and then keeps the last good one", async () => {
  const { maxBytesOf, write, problems, reads } = tenantsOf();
  await write("acme", "{");
  await assert.rejects(maxBytesOf(acme), { code: "unavailable" });
  assert.equal(await maxBytesOf(other), DEFAULT_PLAN.maxBytes);
  await write("acme", { maxBytes: 2_000 });
  for (const _ of [1, 2]) assert.equal(await maxBytesOf(acme), 2_000);
  assert.deepEqual(reads, ["tenants/_default.json", "tenants/acme.json"]);
  await write("acme", { maxBytes: 0 });
  await write("_default", { maxBytes: 1_000 });
  assert.deepEqual([await maxBytesOf(acme), await maxBytesOf(other)], [2_000, 1_000]);
  assert.deepEqual(problems, Array(2).fill("tenants/acme.json"));
});

test("of 10,000 tenants the one that was asked for longest ago is forgotten", async () => {
  const { maxBytesOf, reads } = tenantsOf();
  const tenants = Array.from({ length: 10_000 }, (_, at) => parseTenant(`tenant-${at}`));
  for (const tenant of tenants) await maxBytesOf(tenant);
  const [first = acme, second = acme] = tenants;
  await maxBytesOf(first);
  await maxBytesOf(other);
  reads.length = 0;
  for (const tenant of [first, other, second]) await maxBytesOf(tenant);
  assert.deepEqual(reads, [tenantFile(second)]);
});

test("origins and topics are those of the generated objects, none where there are none", async () => {
  const { tenants, write, problems } = tenantsOf();
  assert.deepEqual(await tenants.corsOrigins(), []);
  assert.equal(await tenants.topicOf("images"), undefined);
  await write("_origins", { origins: ["https://a.example", "*"] });
  const topic = { tenant: "stream", allowTenantHeader: false };
  await write("_topics", { topics: { images: topic } });
  assert.deepEqual(await tenants.corsOrigins(), ["https://a.example", "*"]);
  assert.deepEqual(await tenants.topicOf("images"), { ...topic, defaultSubject: undefined });
  for (const unknown of ["other", "constructor"]) {
    assert.equal(await tenants.topicOf(unknown), undefined);
  }
  await write("_topics", { topics: { images: { ...topic, tenant: "Acme" } } });
  await write("_origins", []);
  assert.equal((await tenants.topicOf("images"))?.tenant, "stream");
  assert.equal((await tenants.corsOrigins()).length, 2);
  assert.deepEqual(problems, ["tenants/_topics.json", "tenants/_origins.json"]);
});
