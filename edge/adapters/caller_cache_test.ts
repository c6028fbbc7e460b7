import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError, isAppError } from "@tintype/core/errors";
import { parseOwner } from "@tintype/core/model/owner";
import { dayOf } from "@tintype/core/model/utc_day";
import { parseTenant } from "@tintype/core/model/tenant";
import { type CallerCacheOptions, makeCallerCache } from "./caller_cache.ts";

function setUp(options: Partial<CallerCacheOptions> = {}) {
  const counts = { checks: 0, derived: [] as string[] };
  const state = { ...counts, nowMs: 1_000_000, epoch: 1 as number | undefined };
  const callerOf = makeCallerCache({
    verify: (token) => {
      state.checks++;
      if (token.startsWith("bad")) return Promise.reject(new AppError("unauthenticated", "no"));
      const claims = { tenant: parseTenant("acme"), subject: token, scopes: new Set([token]) };
      return Promise.resolve({ ...claims, expiresAtMs: 1_030_000 });
    },
    ownerOf: ({ subject }, timeMs) => {
      state.derived.push(`${subject} ${dayOf(timeMs)}`);
      return Promise.resolve(parseOwner("a".repeat(20)));
    },
    keys: { epoch: () => state.epoch },
    clock: { now: () => state.nowMs },
    ...options,
  });
  return { state, callerOf };
}

test("makeCallerCache() checks a token once and answers its own caller, not another's", async () => {
  const { state, callerOf } = setUp();
  const first = await callerOf("one");
  assert.equal(await callerOf("one"), first);
  assert.deepEqual([...(await callerOf("two")).scopes], ["two"]);
  assert.equal(state.checks, 2);
});

type State = ReturnType<typeof setUp>["state"];

for (
  const [when, options, change, checks] of [
    ["until the token ends", {}, (state: State) => state.nowMs = 1_029_999, 1],
    ["again when the token has ended", {}, (state: State) => state.nowMs = 1_030_000, 3],
    ["again after its life", { lifeMs: 10 }, (state: State) => state.nowMs += 10, 2],
    ["again under other keys", {}, (state: State) => state.epoch = 2, 2],
    ["each time without fresh keys", {}, (state: State) => state.epoch = undefined, 3],
  ] as const
) {
  test(`makeCallerCache() checks a token ${when}`, async () => {
    const { state, callerOf } = setUp(options);
    await callerOf("one");
    change(state);
    for (const _ of [1, 2]) await callerOf("one");
    assert.equal(state.checks, checks);
  });
}

test("makeCallerCache() holds no caller whose keys changed while the token was checked", async () => {
  const changing = setUp({
    verify: async (subject) => {
      changing.state.checks++;
      changing.state.epoch = (changing.state.epoch ?? 0) + 1;
      const tenant = parseTenant("acme");
      return { tenant, subject, scopes: new Set(), expiresAtMs: 1_030_000 };
    },
  });
  await changing.callerOf("one");
  await changing.callerOf("one");
  assert.equal(changing.state.checks, 2);
});

test("makeCallerCache() remembers no refusal and holds no more tokens than it may", async () => {
  const { state, callerOf } = setUp({ maxTokens: 2 });
  for (const _ of [1, 2]) {
    await assert.rejects(() => callerOf("bad"), (error) => isAppError(error, "unauthenticated"));
  }
  assert.equal(state.checks, 2);
  for (const token of ["one", "two", "three"]) await callerOf(token);
  await callerOf("three");
  await callerOf("two");
  assert.equal(state.checks, 5);
  await callerOf("one");
  assert.equal(state.checks, 6, "the oldest had to go");
});

test("a held caller's owner is derived once a day, and each day's is another's", async () => {
  const { state, callerOf } = setUp();
  const [noon, later, next] = ["2026-03-14T12:00Z", "2026-03-14T23:59Z", "2026-03-15T00:00Z"]
    .map(Date.parse) as [number, number, number]; // three were given
  await (await callerOf("ann")).ownerAt(noon);
  await (await callerOf("ann")).ownerAt(later);
  await (await callerOf("ann")).ownerAt(next);
  await (await callerOf("bob")).ownerAt(noon);
  assert.deepEqual(state.derived, ["ann 2026-03-14", "ann 2026-03-15", "bob 2026-03-14"]);
});

test("an owner that could not be derived is asked for again", async () => {
  let isMissing = true;
  const { callerOf } = setUp({
    ownerOf: async () => {
      if (isMissing) throw new AppError("unavailable", "Cannot find the day");
      return parseOwner("b".repeat(20));
    },
  });
  const caller = await callerOf("one");
  await assert.rejects(() => caller.ownerAt(0), { code: "unavailable" });
  isMissing = false;
  assert.equal(await caller.ownerAt(0), "b".repeat(20));
});
