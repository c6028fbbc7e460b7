import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { ManualClock } from "../testing/test_world.ts";
import { CachedDocument, DOCUMENT_AGE_MS } from "./cached_document.ts";

const REFRESH_MS = 10_000;

/** A document that says how often it was read; what `next` gives is read instead. */
function documentOf() {
  const clock = new ManualClock();
  const problems: unknown[] = [];
  const seen = { reads: 0, next: undefined as (() => Promise<string>) | undefined }; // begins so
  const document = new CachedDocument({
    clock,
    onProblem: (error) => void problems.push(error),
    read: async () => {
      seen.reads++;
      const text = await seen.next?.() ?? String(seen.reads);
      return new TextEncoder().encode(text);
    },
    parse(bytes) {
      const text = new TextDecoder().decode(bytes ?? undefined);
      if (text === "bad") throw new AppError("invalid_config", "It is bad");
      return text;
    },
  });
  return { document, clock, problems, seen };
}

const FAULTS = {
  "cannot be read": () => Promise.reject(new AppError("unavailable", "The store is away")),
  "is wrong": () => Promise.resolve("bad"),
};

test("a document is read once a minute", async () => {
  const { document, clock, seen } = documentOf();
  for (const expected of ["1", "2"]) {
    assert.equal(await document.get(), expected);
    clock.nowMs += DOCUMENT_AGE_MS - 1;
    assert.equal(await document.get(), expected);
    clock.nowMs++;
  }
  assert.equal(seen.reads, 2);
});

for (const [what, next] of Object.entries(FAULTS)) {
  test(`a document that ${what} stays as it was, and is read again ten seconds later`, async () => {
    const { document, clock, problems, seen } = documentOf();
    await document.get();
    clock.nowMs += DOCUMENT_AGE_MS;
    seen.next = next;
    for (const [reads, afterMs] of [[2, 0], [2, REFRESH_MS - 1], [3, 1]] as const) {
      clock.nowMs += afterMs;
      assert.equal(await document.get(), "1");
      assert.deepEqual([seen.reads, problems.length], [reads, reads - 1]);
    }
    seen.next = undefined;
    clock.nowMs += REFRESH_MS;
    assert.equal(await document.get(), "4");
  });

  test(`a document that ${what} and never was good is unavailable, until it is good`, async () => {
    const { document, problems, seen } = documentOf();
    seen.next = next;
    for (const _ of [1, 2]) await assert.rejects(document.get(), { code: "unavailable" });
    assert.equal(problems.length, 2);
    seen.next = undefined;
    assert.equal(await document.get(), "3");
  });
}

test("one call refreshes a document, all others take the version that is there", async () => {
  const { document, clock, seen } = documentOf();
  await document.get();
  clock.nowMs += DOCUMENT_AGE_MS;
  let finish: (text: string) => void = assert.fail;
  seen.next = () => new Promise((resolve) => void (finish = resolve));
  const refreshing = document.get();
  assert.deepEqual(await Promise.all([document.get(), document.get()]), ["1", "1"]);
  assert.equal(seen.reads, 2);
  finish("new");
  assert.equal(await refreshing, "new");
  assert.equal(await document.get(), "new");
});

for (
  const [what, ageMs, reads, expected] of [
    ["the first call's read", 0, 0, ["2"]],
    ["a refresh that has not come back for ten seconds", DOCUMENT_AGE_MS, 1, ["1", "3"]],
  ] as const
) {
  test(`no call waits for ${what}`, async () => {
    const { document, clock, seen } = documentOf();
    if (reads > 0) await document.get();
    clock.nowMs += ageMs;
    seen.next = () => new Promise(() => {});
    void document.get();
    seen.next = undefined;
    clock.nowMs += REFRESH_MS - 1;
    for (const text of expected) {
      assert.equal(await document.get(), text);
      clock.nowMs++;
    }
  });
}

test("a call that is aborted throws its reason, which is no problem of the document", async () => {
  const { document, clock, problems, seen } = documentOf();
  await document.get();
  clock.nowMs += DOCUMENT_AGE_MS;
  const call = new AbortController();
  seen.next = () => {
    call.abort(new Error("The caller is gone"));
    return Promise.reject(call.signal.reason);
  };
  await assert.rejects(document.get({ signal: call.signal }), /The caller is gone/);
  assert.deepEqual([await document.get(), problems], ["1", []]);
});
