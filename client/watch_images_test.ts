import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { clientOf, connectionLost, IMAGE, json, problem, type Sent } from "./_testing.ts";

/** An edge with images that a test changes, newest first, in pages; each state is a step that both kinds of calls see. */
function edgeOf(first: Readonly<Record<string, string>>, pageSize = 99) {
  const statuses = new Map(Object.entries(first));
  const shown = (imageId: string) => ({ ...IMAGE, imageId, status: statuses.get(imageId) });
  const answer = ({ url }: Sent) => {
    const { searchParams } = new URL(url);
    const ids = searchParams.get("ids")?.split(",");
    const before = searchParams.get("cursor") ?? "~";
    const all = ids ?? [...statuses.keys()].sort().reverse().filter((id) => id < before);
    const page = all.slice(0, pageSize);
    const images = page.map((id) =>
      statuses.has(id) ? shown(id) : { imageId: id, status: 404, problem: { code: "not_found" } }
    );
    return json({ images, cursor: page.length < all.length ? page.at(-1) : undefined });
  };
  return { statuses, answer };
}

/** Watches by a clock that the test moves. */
function watching(t: TestContext, answer: (sent: Sent) => Response) {
  const { client, sent } = clientOf(Array(90).fill(answer));
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const ending = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const { imageId, status } of client.watch({ signal: ending.signal })) {
      seen.push(`${imageId} ${status}`);
    }
  })();
  const pass = async (seconds: number) => {
    for (let at = 0; at < seconds * 10; at++) {
      t.mock.timers.tick(100);
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
  };
  const end = async () => {
    ending.abort();
    await pass(1);
    await watching;
    t.mock.timers.reset();
  };
  return { sent, seen, pass, end };
}

test("watch() looks into further pages while all of one is new, and never at what was old before", async (t) => {
  const { statuses, answer } = edgeOf({ "3": "ready", "2": "ready", "1": "failed" }, 2);
  const { seen, pass, end } = watching(t, answer);
  await pass(1);
  for (const id of ["4", "5", "6"]) statuses.set(id, "ready");
  statuses.set("1", "ready");
  await pass(11);
  assert.deepEqual(seen.splice(0).toSorted(), ["4 ready", "5 ready", "6 ready"]);
  for (const id of ["3", "4", "5", "6"]) statuses.delete(id);
  await pass(11);
  assert.deepEqual(seen, [], "one that only moved up");
  await end();
});

test("watch() yields each new state once, after lost connections and 429, until it is aborted", async (t) => {
  const { statuses, answer } = edgeOf({ "3": "processing", "2": "failed", "1": "ready" });
  const troubles = [connectionLost, () => problem(429, "rate_limited", { "Retry-After": "1" })];
  const { sent, seen, pass, end } = watching(t, (each) => (troubles.shift() ?? answer)(each));
  await pass(2);
  assert.deepEqual(seen, [], "what was there before is not new");
  statuses.set("3", "ready");
  await pass(1);
  assert.deepEqual(seen.splice(0), ["3 ready"]);
  statuses.set("4", "processing").set("2", "ready").set("5", "rejected");
  await pass(11);
  assert.deepEqual(seen.splice(0).toSorted(), ["2 ready", "4 processing", "5 rejected"]);
  statuses.delete("4");
  await pass(11);
  assert.deepEqual(seen, []);
  const asked = sent.length;
  await pass(5);
  assert.ok(sent.length <= asked + 1, "nothing is open: the next look is a listing");
  await end();
});

test("watch() throws what trying again does not help against", async () => {
  const { client } = clientOf([problem(401, "unauthenticated")]);
  await assert.rejects(client.watch().next(), { code: "unauthenticated" });
});
