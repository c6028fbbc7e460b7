import assert from "node:assert/strict";
import { test } from "node:test";
import { type ImageRef, rawName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { parseTenant } from "../model/tenant.ts";
import type { ListQuery } from "../ports/object_store.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { forEachName } from "./for_each_name.ts";

const LETTERS = "234567abcdefghijklmnopqrstuvwxyz";
const prefix = "2026-03-14/";

/** A store with these names, listed in pages of three, that notes what it was asked. */
async function storeOf(names: readonly string[]) {
  const store = new MemoryObjectStore();
  const asked: ListQuery[] = [];
  for (const name of names) await store.put(name);
  const list = (query: ListQuery) => {
    asked.push(query);
    return store.list({ ...query, maxResults: 3 });
  };
  return { list, asked };
}

async function visited(store: Awaited<ReturnType<typeof storeOf>>): Promise<string[]> {
  const names: string[] = [];
  await forEachName(store, { prefix }, async ({ name }) => void names.push(name));
  return names.sort();
}

function refOf(tenant: string, letter: string): ImageRef {
  const owner = parseOwner(letter.repeat(20));
  return { ...sampleRef(NOON_MS), tenant: parseTenant(tenant), owner };
}

test("forEachName() visits a folder of one page with one call", async () => {
  const names = ["a", "b"].map((tenant) => rawName(refOf(tenant, "k")));
  const store = await storeOf([...names, "2026-03-15/other"]);
  assert.deepEqual(await visited(store), names);
  assert.equal(store.asked.length, 1);
});

test("forEachName() visits every name of large tenants and small ones once, in stretches", async () => {
  const names = [
    ...[...LETTERS].map((letter) => rawName(refOf("large", letter))),
    ...[...LETTERS].map((letter) => rawName(refOf("large", letter))),
    ...["a", "z"].map((letter) => rawName(refOf("small", letter))),
    ...["a", "m", "2", "7"].map((letter) => rawName(refOf("larger", letter))),
  ];
  const store = await storeOf([...names, "2026-03-13/x", "2026-03-15/x"]);
  assert.deepEqual(await visited(store), names.toSorted());
  assert.equal(store.asked.filter(({ startOffset }) => startOffset !== undefined).length, 31 * 2);
});

test("forEachName() visits names that are not ours, wherever they sort", async () => {
  const foreign = ["", "!", "1", "8", "_", "Z", "{", "~", "é", "🜚"].flatMap((text) => [
    `${prefix}${text}x`,
    `${prefix}acme/${text}x`,
    `${prefix}acme/${text}x/deep`,
    `${prefix}${text}tenant/x`,
  ]);
  const names = [...foreign, ...[...LETTERS].map((letter) => rawName(refOf("acme", letter)))];
  const store = await storeOf(names);
  assert.deepEqual(await visited(store), [...new Set(names)].sort());
});

test("forEachName() walks stretches side by side, and ends with the first error", async () => {
  const store = await storeOf([...LETTERS].map((letter) => rawName(refOf("large", letter))));
  let underway = 0;
  let most = 0;
  await forEachName(store, { prefix }, async () => {
    most = Math.max(most, ++underway);
    await new Promise((resolve) => setTimeout(resolve, 1));
    underway--;
  });
  assert.ok(most >= 8, `${most} at once`);
  let visits = 0;
  const visit = () => {
    visits++;
    return Promise.reject(new Error("away"));
  };
  await assert.rejects(() => forEachName(store, { prefix }, visit), /away/);
  assert.ok(visits < 32, `${visits} visits`);
});
