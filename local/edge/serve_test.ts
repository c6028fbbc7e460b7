import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test, type TestContext } from "node:test";
import { forEachBounded } from "@tintype/core/concurrency";
import { type Program, startProgram } from "@tintype/core/testing/start_program";
import { startLocalCloud } from "@tintype/edge/_local_cloud";
import { PNG } from "@tintype/edge/_testing";
import { makeFolder } from "../_testing.ts";

const NOBODY = "http://127.0.0.1:9";
const KEY = "0".repeat(64);
const BINDINGS = {
  STORAGE_ENDPOINT: NOBODY,
  JWKS_URL: `${NOBODY}/jwks.json`,
  ISSUER: NOBODY,
  SIGNING_KEY: JSON.stringify({ type: "hmac", accessId: "GOOG1TEST", secret: KEY }),
  PSEUDONYM_KEYS: JSON.stringify({ 1: KEY }),
  CURSOR_KEY: KEY,
  GRANT_KEY: KEY,
};
const REQUESTS = 500;
/** In `deno task soak`; none here, as each costs its 10 ms. */
const UPLOADS = Number(process.env["EDGE_UPLOADS"] ?? 0);
const NOTICED_MS = 2_000;
/** `wrangler dev` grew by some 55 kB a request, miniflare by some 60 kB an upload. */
const MOST_GROWTH_MIB = 25;

/** The workerd that a program has started, its only child. */
function workerdOf({ pid }: Program): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
}

/** Resident memory of a program and its workerd. */
function residentMib(edge: Program): number {
  const sizes = [edge.pid, workerdOf(edge)].map((pid) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function serve(t: TestContext, bindings: Readonly<Record<string, string>>) {
  const edge = startProgram(["local/edge/serve.ts"], {
    PORT: "0",
    DATA_DIR: join(await makeFolder(t), "edge"),
    BINDINGS: JSON.stringify(bindings),
    REQUESTS_PER_MINUTE: "1000000",
  });
  t.after(() => edge.kill("SIGKILL"));
  return edge;
}

/** Sends so many requests, and so many again; the second half must not make the edge larger. */
async function staysSmall(edge: Program, requests: number, send: () => Promise<void>) {
  const sendAll = () => forEachBounded(Array.from({ length: requests }), 20, send);
  await sendAll();
  const before = residentMib(edge);
  await sendAll();
  const grown = residentMib(edge) - before;
  assert.ok(grown < MOST_GROWTH_MIB, `${grown} MiB more after ${requests} requests`);
}

test("serve.ts serves the worker and its page, stays small, and ends with workerd", async (t) => {
  const edge = await serve(t, BINDINGS);
  const { url } = await edge.line("listening");
  const page = await fetch(`${url}/`);
  const [, script = ""] = /<script type="module" src="(.+?\.js)"/.exec(await page.text()) ?? [];
  const { headers } = await fetch(url + script);
  assert.equal(headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal((await fetch(`${url}/page/none.js`)).status, 404);
  await staysSmall(edge, REQUESTS, async () => {
    // Whoever has no token is counted by the rate limit of its address.
    const { status, body } = await fetch(`${url}/v1/images`);
    assert.equal(status, 401);
    await body?.cancel();
  });
  process.kill(workerdOf(edge), "SIGKILL");
  assert.equal((await edge.line("workerd_ended", NOTICED_MS))["how"], "SIGKILL");
  assert.equal(await edge.ended, 1);
});

test("serve.ts ends with 0 when its group is asked to end", async (t) => {
  const edge = await serve(t, BINDINGS);
  await edge.line("listening");
  assert.equal(await edge.kill("SIGTERM"), 0);
});

if (UPLOADS > 0) {
  test(`serve.ts stays small over ${UPLOADS} uploads`, async (t) => {
    const plan = { imagesPerDay: 10 * UPLOADS, bytesPerDay: 1e12 };
    await using cloud = await startLocalCloud([], { acme: plan });
    const edge = await serve(t, { ...cloud.vars, ...cloud.secrets });
    const { url } = await edge.line("listening");
    const headers = {
      "Authorization": `Bearer ${await cloud.token()}`,
      "Content-Type": "image/png",
    };
    await staysSmall(edge, UPLOADS / 2, async () => {
      const response = await fetch(`${url}/v1/images`, { method: "POST", headers, body: PNG });
      assert.ok(response.ok, await response.text());
    });
  });
}

test("serve.ts does not start with a variable that Cloudflare would refuse", async (t) => {
  const edge = await serve(t, { ...BINDINGS, ISSUER: "x".repeat(5_121) });
  assert.equal(await edge.ended, 1);
  assert.match(edge.errors(), /variable ISSUER must be at most 5120 bytes \(got 5121\)/);
});
