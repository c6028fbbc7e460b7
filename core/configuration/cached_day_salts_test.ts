import assert from "node:assert/strict";
import { test } from "node:test";
import { DAYS_FILE, serializeDaySalts } from "../model/day_salts.ts";
import { contentKeyOf } from "../model/owner.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { ManualClock, NOON_MS } from "../testing/test_world.ts";
import { cachedDaySalts, contentKeysOf } from "./cached_day_salts.ts";
import { DOCUMENT_AGE_MS } from "./cached_document.ts";

const DAY = { day: "2026-03-14", salt: "ab".repeat(32), pseudonymKey: 1 };

function saltsOf() {
  const config = new MemoryObjectStore();
  const clock = new ManualClock();
  const problems: unknown[] = [];
  const onProblem = (error: unknown) => void problems.push(error);
  return { config, clock, problems, salts: cachedDaySalts({ config, clock, onProblem }) };
}

test("salts are unavailable without their file, then those of its days, and stay when it is lost", async () => {
  const { config, clock, problems, salts } = saltsOf();
  await assert.rejects(salts.saltAt(NOON_MS), { code: "unavailable" });
  await config.put(DAYS_FILE, serializeDaySalts([DAY]));
  assert.deepEqual(await salts.saltAt(NOON_MS), DAY);
  await assert.rejects(salts.saltAt(NOON_MS + 86_400_000), { code: "unavailable" });
  assert.equal(problems.length, 1);
  for (const { name, generation } of (await config.list({ prefix: "" })).objects) {
    await config.remove(name, { generation });
  }
  clock.nowMs += DOCUMENT_AGE_MS;
  assert.deepEqual(await salts.saltAt(NOON_MS), DAY);
  assert.equal(problems.length, 2);
});

test("contentKeysOf() derives under the salt of the day of T0", async () => {
  const { config, salts } = saltsOf();
  await config.put(DAYS_FILE, serializeDaySalts([DAY]));
  const sha256 = "cd".repeat(32);
  const keys = contentKeysOf(salts);
  assert.equal(await keys.contentKeyOf(NOON_MS, sha256), await contentKeyOf(DAY, sha256));
  await assert.rejects(keys.contentKeyOf(NOON_MS - 86_400_000, sha256), { code: "unavailable" });
});
