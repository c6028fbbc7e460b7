import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readProblem } from "./_assertions.ts";
import { type LocalWorker } from "./_local_cloud.ts";
import { sendRaw } from "./_raw_http_fixture.ts";
import { JWKS, makeGrants, makeTokens } from "./_tokens_fixture.ts";
import { askWorker, TestCloud } from "./_worker_testing.ts";

/** A failing issuer is asked once a second. */
const FAILURE_MS = 1_050;
const ISSUER = "https://issuer.test";
const tokens = () =>
  makeTokens({ issuer: ISSUER, tenantClaim: "tenant", nowSeconds: Math.floor(Date.now() / 1_000) });

/** What an issuer gives instead of its keys, each at a path of its own; `remote_keys_test.ts` has every kind. */
const FAULTS: Readonly<Record<string, string | undefined>> = {
  "not-json": "{",
  "no-answer": undefined,
};

let isHealthy = false;
const keyServer = createServer(({ url = "" }, response) => {
  const fault = url.slice(1);
  const isFaulty = Object.hasOwn(FAULTS, fault) && !isHealthy;
  if (isFaulty && FAULTS[fault] === undefined) return;
  const keys = isFaulty ? FAULTS[fault] : JSON.stringify(JWKS);
  response.setHeader("Content-Type", "application/json").end(keys);
});

const edge = new TestCloud(async (cloud) => {
  keyServer.listen(0, "127.0.0.1");
  await once(keyServer, "listening");
  return await startWith(cloud, "jwks");
});
after(() => {
  keyServer.closeAllConnections();
  keyServer.close();
});

/** A worker whose issuer has its keys at `path`. */
function startWith(cloud: TestCloud, path: string) {
  const { port } = keyServer.address() as AddressInfo; // it listens on a port
  return cloud.startWorkerd({ ISSUER, JWKS_URL: `http://127.0.0.1:${port}/${path}` });
}

const ask = (token: string, path = "/v1/images", worker: LocalWorker = edge.worker) =>
  askWorker(worker, `GET ${path}`, { token });

test("an issuer without usable keys is a 503 in bounded time, and then its keys are taken", async () => {
  const token = tokens().signed();
  await using workers = new AsyncDisposableStack();
  const started = await Promise.all(
    Object.keys(FAULTS).map(async (what) => [what, await startWith(edge, what)] as const),
  );
  for (const [, worker] of started) workers.use(worker);
  await Promise.all(started.map(async ([what, worker]) => {
    const answer = await ask(token, "/v1/images", worker);
    assert.equal((await readProblem(answer, 503)).code, "unavailable", what);
    assert.ok(Number(answer.headers.get("retry-after")) > 0, what);
  }));
  isHealthy = true;
  await sleep(FAILURE_MS);
  for (const [what, worker] of started) {
    assert.equal((await ask(token, "/v1/images", worker)).status, 200, what);
  }
});

test("workerd takes tokens of each algorithm, and of an issuer's claims", async () => {
  for (const alg of ["RS256", "ES256", "EdDSA"] as const) {
    const token = await tokens().signedWith(alg);
    for (const _ of ["checked", "remembered"]) {
      const answer = await ask(token, "/v1/none");
      assert.equal((await readProblem(answer, 404)).code, "not_found", alg);
    }
  }
});

const challenge = () =>
  `Bearer error="invalid_token", resource_metadata="${edge.worker.url}/.well-known/oauth-protected-resource"`;

test("workerd refuses every kind of bad token and of bad grant alike: 401, RFC 6750's challenge, no hint", async () => {
  const { bad } = await makeGrants(Math.floor(Date.now() / 1_000), edge.local.secrets.GRANT_KEY);
  const all = [...Object.entries(await tokens().bad()), ...Object.entries(await bad())];
  for (const [name, token] of all) {
    for (const _ of ["first", "again"]) {
      const headers = { "X-Request-Id": "same-request" };
      const answer = await askWorker(edge.worker, "GET /v1/images", { token, headers });
      assert.equal(answer.headers.get("www-authenticate"), challenge(), name);
      assert.deepEqual(await readProblem(answer, 401), {
        type: "/problems/unauthenticated",
        title: "Unauthorized",
        status: 401,
        detail: "The access token is not valid here",
        code: "unauthenticated",
        requestId: "same-request",
      }, name);
    }
  }
});

test("workerd takes one token, in one header", async () => {
  const token = tokens().signed();
  const line = `GET /v1/images?access_token=${token} HTTP/1.1\r\nHost: localhost`;
  for (const other of [`Bearer ${token}`, "Bearer x", `\tBearer ${token}`]) {
    const headers = `Authorization: ${other}\r\nAuthorization: Bearer ${token}`;
    const text = `${line}\r\n${headers}\r\nConnection: close\r\n\r\n`;
    const answer = await sendRaw(edge.worker.url, text);
    assert.equal(answer.status, 401, other.slice(0, 10));
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer error="invalid_token", /);
    assert.ok(!answer.text.includes(token.slice(-20)));
  }
});
