import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test, type TestContext } from "node:test";
import { jsonLog } from "@tintype/core/json_log";
import { redriveJob } from "./redrive_job.ts";

/** Serves the job over a redrive of the test; returns what calls it. */
async function serve(t: TestContext, redrive: Parameters<typeof redriveJob>[0]["redrive"]) {
  const lines: string[] = [];
  const log = jsonLog({ part: "bridge", write: (line) => lines.push(line) });
  const stopping = new AbortController();
  const job = redriveJob({ redrive, topic: "images.dlq", log, stopping: stopping.signal });
  const server = createServer((request, response) => void job(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const call = (body: unknown, more: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${address.port}/jobs/redrive`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...more,
    });
  return { call, lines, stopping };
}

/** Calls that are refused, and how. */
const REFUSED:
  readonly (readonly [body: unknown, status: number, text: RegExp, more?: RequestInit])[] = [
    ["{", 400, /Cannot redrive: /],
    [{}, 400, /either all, or reasons and places/],
    [{ all: true, places: ["2/17"] }, 400, /either all, or reasons and places/],
    [{ places: ["17"] }, 400, /places\.0: must be partition\/offset/],
    [{ reasons: ["Too large"] }, 400, /reasons\.0: must be codes/],
    [{ all: true, topic: "others.dlq" }, 400, /topic/],
    [{ all: true }, 415, /must be application\/json/, {
      headers: { "Content-Type": "text/plain" },
    }],
    [{ all: true, reasons: ["a".repeat(2 ** 20)] }, 413, /Content-Length must be at most/],
  ];

test("POST /jobs/redrive refuses what it cannot read, and says why", async (t) => {
  const { call } = await serve(t, () => assert.fail("it must not run"));
  for (const [body, status, text, more] of REFUSED) {
    const response = await call(body, more);
    assert.match(await response.text(), text);
    assert.equal(response.status, status);
  }
});

test("POST /jobs/redrive runs once at a time, to its end or its caller's", async (t) => {
  const begun = Promise.withResolvers<AbortSignal>();
  const { call, lines } = await serve(t, ({ signal }) => {
    assert.ok(signal !== undefined);
    begun.resolve(signal);
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  });
  const caller = new AbortController();
  const first = await call({ all: true }, { signal: caller.signal });
  const signal = await begun.promise;
  assert.deepEqual([first.status, (await call({ all: true })).status], [200, 409]);
  caller.abort();
  await once(signal, "abort");
  assert.match(String(signal.reason), /the caller has gone/);
  await new Promise(setImmediate);
  assert.match(lines.join("\n"), /^[^\n]*"redrive_failed"[^\n]*the caller has gone[^\n]*$/);
});

test("POST /jobs/redrive reports in its last line why it failed, and runs again", async (t) => {
  const outcomes = [
    () => Promise.reject(new Error("Kafka is away")),
    () => Promise.resolve({ missing: new Set<string>(), leftOut: 0 }),
  ];
  const { call } = await serve(t, () => outcomes.shift()?.() ?? assert.fail("it ran again"));
  assert.deepEqual(await (await call({ all: true })).json(), { error: "Kafka is away" });
  const done = { topic: "images.dlq", sent: 0, failed: 0, leftOut: 0, missing: [] };
  assert.deepEqual(await (await call({ reasons: ["too_large"] })).json(), { done });
});
