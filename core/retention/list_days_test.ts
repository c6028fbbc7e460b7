import assert from "node:assert/strict";
import { test } from "node:test";
import { firstImageIdOf } from "../model/image_id.ts";
import { OWNER_ALPHABET } from "../model/owner.ts";
import type { ListQuery } from "../ports/object_store.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { forEachOfDays } from "./list_days.ts";

const START_MS = Date.UTC(2026, 2, 14);
const DAY = "2026-03-14";

/** A store listed in pages of ten, which counts requests, and how many of them one behind the other there must be. */
async function storeOf(names: readonly string[]) {
  const store = new MemoryObjectStore();
  for (const name of names) await store.put(name);
  const asked = { requests: 0, underWay: 0, most: 0 };
  const list = async (query: ListQuery) => {
    asked.requests++;
    asked.most = Math.max(asked.most, ++asked.underWay);
    await Promise.resolve();
    const page = await store.list({ ...query, maxResults: 10 });
    asked.underWay--;
    return page;
  };
  return { list, asked };
}

const idAt = (ms: number) => firstImageIdOf(START_MS + ms);
const owners = (count: number, step = 7_919) =>
  Array.from({ length: count }, (_, n) => {
    let state = (n + 1) * step;
    const letters = Array.from({ length: 19 }, () => {
      state = state * 48_271 % 2_147_483_647;
      return OWNER_ALPHABET.charAt(state % 32);
    });
    return `a${letters.join("")}`;
  });
const nameOf = (tenant: string, owner: string, ms = 0) => `a/${DAY}/${tenant}/${owner}/${idAt(ms)}`;

/** What there may be in a shard's day, and how many requests side by side it must come to. */
const WORLDS: Readonly<Record<string, readonly [readonly string[], number]>> = {
  "nothing": [[], 1],
  "a few names of many tenants": [
    Array.from({ length: 300 }, (_, n) => nameOf(`t${n}`, owners(n + 1).at(-1) ?? "")),
    1,
  ],
  "many owners of one tenant": [owners(2_000).map((owner) => nameOf("acme", owner)), 20],
  "many owners of two tenants, and strange names among them": [
    [
      ...["acme", "beta"].flatMap((tenant) => owners(3_000).map((owner) => nameOf(tenant, owner))),
      ...["acme/A", "acme/a{", "acme/\u00e9", "acme0", "zz"].map((name) => `a/${DAY}/${name}/x`),
    ],
    64,
  ],
  "an owner who has nearly everything": [
    [
      ...Array.from({ length: 500 }, (_, n) => nameOf("acme", "ammmmmmmmmmmmmmmmmmm", n)),
      ...owners(30).map((owner) => nameOf("acme", owner)),
    ],
    1,
  ],
};

for (const [what, [names, sideBySide]] of Object.entries(WORLDS)) {
  test(`forEachOfDays() visits ${what} once each, and no other day`, async () => {
    const others = [`a/2026-03-15/acme/x`, `b/${DAY}/acme/x`];
    const store = await storeOf([...names, `a/2026-03-12/x`, `a/!`, ...others]);
    const seen: string[] = [];
    const days = { prefixes: ["a/"], day: DAY };
    await forEachOfDays(store, days, ({ name }) => void seen.push(name));
    assert.deepEqual(seen.toSorted(), [...names, `a/2026-03-12/x`, `a/!`].toSorted());
    const pages = Math.ceil((names.length + 2) / 10);
    const { requests } = store.asked;
    assert.ok(requests <= 1.6 * pages + 1, `${requests} for ${pages} pages`);
    const { most } = store.asked;
    assert.ok(most >= sideBySide && most <= 64, `${most} side by side`);
    seen.length = 0;
    await forEachOfDays(store, { ...days, fromDay: DAY }, ({ name }) => void seen.push(name));
    assert.deepEqual(seen.toSorted(), names.toSorted());
  });
}

test("forEachOfDays() leaves out the rest of an owner's folder behind a page that stays for now", async () => {
  const heavy = Array.from({ length: 5_000 }, (_, n) => nameOf("acme", "am".repeat(10), n * 1_000));
  const store = await storeOf([...heavy, ...owners(5).map((owner) => nameOf("acme", owner))]);
  const due: string[] = [];
  await forEachOfDays(store, { prefixes: ["a/"], day: DAY }, ({ name }) => {
    if (name.slice(-36) >= idAt(100_000)) return "later";
    due.push(name);
  });
  assert.equal(due.length, 100 + 5);
  assert.ok(store.asked.requests < 20, `${store.asked.requests} requests`);
});

test("forEachOfDays() throws what a listing throws, when the others have ended", async () => {
  const store = await storeOf(owners(2_000).map((owner) => nameOf("acme", owner)));
  let calls = 0;
  const list = async (query: ListQuery) => {
    if (++calls === 40) throw new Error("over");
    return await store.list(query);
  };
  const listing = forEachOfDays({ list }, { prefixes: ["a/"], day: DAY }, () => undefined);
  await assert.rejects(listing, /over/);
  assert.equal(store.asked.underWay, 0);
});
