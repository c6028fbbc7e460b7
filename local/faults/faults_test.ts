import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startApp } from "../http/_testing.ts";
import type { Call } from "../http/call.ts";
import { answerControl } from "../http/controls.ts";
import { faultControls, FaultInjector } from "./faults.ts";

/** What a request did: how many bytes of its body came, and what ended it. */
interface Seen {
  bytes: number;
  error?: unknown;
}

/** An emulator to which the fault happens; it answers the length of bodies and notes what it saw. */
async function serveWith(t: TestContext, fault: unknown) {
  const faults = new FaultInjector();
  faults.add(fault);
  const seen: Seen[] = [];
  const answer = async ({ body }: Call) => {
    const entry: Seen = { bytes: 0 };
    seen.push(entry);
    try {
      for await (const chunk of body) entry.bytes += chunk.length;
    } catch (error) {
      entry.error = error;
    }
    return { status: 200, body: String(entry.bytes) };
  };
  const app = { answer, failure: () => ({ status: 500 }), controls: faultControls(faults) };
  return { url: await startApp(t, app, faults), seen };
}

const put = (url: string, bytes: number, headers: Record<string, string> = {}) =>
  fetch(url, { method: "PUT", body: new Uint8Array(bytes), headers });

test("a fault happens to requests that fit it, as often as it says, and no more", () => {
  const faults = new FaultInjector();
  const match = { method: "put", path: "^/b/.*uploadId=", header: "x-goog-test: ^on" };
  faults.add({ match, times: 2, action: { status: 503 } });
  const on = { "x-goog-test": "on" };
  assert.equal(faults.match("GET", "/b/o?uploadId=1", on), undefined);
  assert.equal(faults.match("PUT", "/b/o", on), undefined);
  assert.equal(faults.match("PUT", "/b/o?uploadId=1", {}), undefined);
  assert.equal(faults.match("PUT", "/b/o?uploadId=1", { "x-goog-test": "off" }), undefined);
  assert.deepEqual(faults.match("PUT", "/b/o?uploadId=1", on), { status: 503 });
  assert.equal(faults.list()[0]?.times, 1);
  assert.deepEqual(faults.match("PUT", "/b/o?uploadId=1", on), { status: 503 });
  assert.equal(faults.match("PUT", "/b/o?uploadId=1", on), undefined);
});

test("every lets a fault happen to each so-many-th request that fits", () => {
  const faults = new FaultInjector();
  faults.add({ match: { path: "/b" }, times: 2, every: 3, action: { status: 503 } });
  const hits = Array.from({ length: 12 }, (_, index) => {
    assert.equal(faults.match("GET", "/a", {}), undefined);
    return faults.match("GET", "/b", {}) === undefined ? [] : [index];
  });
  assert.deepEqual(hits.flat(), [2, 5]);
});

test("status answers in place of the work", async (t) => {
  const fault = { match: {}, times: 1, action: { status: 503, body: { why: "test" } } };
  const { url, seen } = await serveWith(t, fault);
  const response = await put(url, 10);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { why: "test" });
  assert.deepEqual(seen, []);
  assert.equal(await (await put(url, 10)).text(), "10");
});

test("delayMs does the work later", async (t) => {
  const { url } = await serveWith(t, { action: { delayMs: 120 } });
  const startedMs = performance.now();
  assert.equal(await (await put(url, 10)).text(), "10");
  assert.ok(performance.now() - startedMs >= 115);
});

test("cutAfterBytes hands on exactly so many bytes and drops the connection", async (t) => {
  const { url, seen } = await serveWith(t, { action: { cutAfterBytes: 100_000 } });
  await assert.rejects(put(url, 1_000_000));
  assert.equal(seen[0]?.bytes, 100_000);
  assert.ok(seen[0]?.error instanceof Error);
});

test("dropReply does the work and drops the connection", async (t) => {
  const { url, seen } = await serveWith(t, { action: { dropReply: true } });
  await assert.rejects(put(url, 10));
  assert.deepEqual(seen, [{ bytes: 10 }]);
});

test("requests to the local controls are spared", async (t) => {
  const { url } = await serveWith(t, { times: 5, action: { status: 500 } });
  assert.equal((await fetch(`${url}/_local/faults`)).status, 200);
  assert.equal((await put(`${url}/healthz`, 3)).status, 200);
  assert.equal((await put(url, 3)).status, 500);
});

test("the control adds, lists and clears, and says what is wrong with a fault", async () => {
  const faults = new FaultInjector();
  const controls = faultControls(faults);
  const ask = async (method: string, text = "") => {
    const body = (async function* () {
      yield Buffer.from(text);
    })();
    return await answerControl({ method, path: "/_local/faults", body }, "test", controls);
  };
  const add = async (fault: unknown) => (await ask("POST", JSON.stringify(fault))).status;
  assert.equal(await add({ match: { path: "x" }, times: 3, action: { dropReply: true } }), 201);
  assert.deepEqual((await ask("GET")).json, {
    faults: [{ match: { path: "x" }, times: 3, action: { dropReply: true } }],
  });
  assert.equal(await add({ match: { path: "(" }, action: { status: 500 } }), 400);
  assert.equal(await add({ action: { status: 9 } }), 400);
  assert.equal(await add({ action: { explode: true } }), 400);
  assert.equal((await ask("POST", "{")).status, 400);
  assert.equal((await ask("PUT")).status, 405);
  assert.equal((await ask("DELETE")).status, 204);
  assert.deepEqual(faults.list(), []);
});
