import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type Program, startProgram } from "@tintype/core/testing/start_program";
import { makeFolder } from "../_testing.ts";

const NOBODY = "http://127.0.0.1:9";
const KEY = "0".repeat(64);
const BINDINGS = JSON.stringify({
  STORAGE_ENDPOINT: NOBODY,
  JWKS_URL: `${NOBODY}/jwks.json`,
  ISSUER: NOBODY,
  SIGNING_KEY: JSON.stringify({ type: "hmac", accessId: "GOOG1TEST", secret: KEY }),
  PSEUDONYM_KEYS: JSON.stringify({ 1: KEY }),
  CURSOR_KEY: KEY,
  GRANT_KEY: KEY,
});
const REQUESTS = 1_000;
const NOTICED_MS = 2_000;
/** `wrangler dev` grew by some 55 kB a request. */
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

test("serve.ts serves the worker and its page, stays small, and ends with workerd", async (t) => {
  const edge = startProgram(["local/edge/serve.ts"], {
    PORT: "0",
    DATA_DIR: join(await makeFolder(t), "edge"),
    BINDINGS,
  });
  t.after(() => edge.kill("SIGKILL"));
  const { url } = await edge.line("listening");
  const page = await fetch(`${url}/`);
  assert.match(await page.text(), /<script type="module" src="\/page\/main-\w+\.js"/);
  assert.match((await fetch(`${url}/v1/images`)).headers.get("content-type") ?? "", /problem/);

  const ask = async () => assert.ok((await fetch(`${url}/healthz`)).ok);
  const askMany = async () => {
    for (let sent = 0; sent < REQUESTS; sent += 20) {
      await Promise.all(Array.from({ length: 20 }, ask));
    }
  };
  await askMany();
  const before = residentMib(edge);
  await askMany();
  const grown = residentMib(edge) - before;
  assert.ok(grown < MOST_GROWTH_MIB, `${grown} MiB more after ${REQUESTS} requests`);

  process.kill(workerdOf(edge), "SIGKILL");
  assert.equal((await edge.line("workerd_ended", NOTICED_MS))["how"], "SIGKILL");
  assert.equal(await edge.ended, 1);
});

test("serve.ts does not start with a variable that Cloudflare would refuse", async (t) => {
  const edge = startProgram(["local/edge/serve.ts"], {
    PORT: "0",
    DATA_DIR: join(await makeFolder(t), "edge"),
    BINDINGS: JSON.stringify({ ...JSON.parse(BINDINGS), ISSUER: "x".repeat(5_121) }),
  });
  assert.equal(await edge.ended, 1);
  assert.match(edge.errors(), /variable ISSUER must be at most 5120 bytes \(got 5121\)/);
});
