import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { RequestBody } from "../http/call.ts";
import { answerControl } from "../http/controls.ts";
import { faultControls, FaultInjector, withFaults } from "./faults.ts";

/** What a request did: how many bytes of its body came, and what ended it. */
interface Seen {
  bytes: number;
  error?: unknown;
}

/** Runs `ask` against a server that echoes the length of bodies and notes what it saw. */
async function serveWith(
  fault: unknown,
  ask: (url: string, seen: Seen[]) => Promise<void>,
): Promise<void> {
  const faults = new FaultInjector();
  faults.add(fault);
  const seen: Seen[] = [];
  const handle = async (_: IncomingMessage, response: ServerResponse, body: RequestBody) => {
    const entry: Seen = { bytes: 0 };
    seen.push(entry);
    try {
      for await (const chunk of body) entry.bytes += chunk.length;
    } catch (error) {
      entry.error = error;
    }
    response.end(String(entry.bytes));
  };
  const server = createServer(withFaults(faults, handle));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // never a pipe, as it listens on a port
  try {
    await ask(`http://127.0.0.1:${port}`, seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
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

test("status answers in place of the work", async () => {
  const fault = { match: {}, times: 1, action: { status: 503, body: { why: "test" } } };
  await serveWith(fault, async (url, seen) => {
    const response = await put(url, 10);
    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { why: "test" });
    assert.deepEqual(seen, []);
    assert.equal(await (await put(url, 10)).text(), "10");
  });
});

test("delayMs does the work later", async () => {
  await serveWith({ action: { delayMs: 120 } }, async (url) => {
    const startedMs = performance.now();
    assert.equal(await (await put(url, 10)).text(), "10");
    assert.ok(performance.now() - startedMs >= 115);
  });
});

test("cutAfterBytes hands on exactly so many bytes and drops the connection", async () => {
  await serveWith({ action: { cutAfterBytes: 100_000 } }, async (url, seen) => {
    await assert.rejects(put(url, 1_000_000));
    assert.equal(seen[0]?.bytes, 100_000);
    assert.ok(seen[0]?.error instanceof Error);
  });
});

test("dropReply does the work and drops the connection", async () => {
  await serveWith({ action: { dropReply: true } }, async (url, seen) => {
    await assert.rejects(put(url, 10));
    assert.deepEqual(seen, [{ bytes: 10 }]);
  });
});

test("requests to the local controls are spared", async () => {
  await serveWith({ times: 5, action: { status: 500 } }, async (url) => {
    assert.equal((await put(`${url}/_local/faults`, 3)).status, 200);
    assert.equal((await put(`${url}/healthz`, 3)).status, 200);
    assert.equal((await put(url, 3)).status, 500);
  });
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
  assert.deepEqual(JSON.parse(String((await ask("GET")).body)), {
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
