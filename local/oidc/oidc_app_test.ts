import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { makeFolder } from "../_testing.ts";
import { startApp } from "../http/_testing.ts";
import { KeyRing } from "./key_ring.ts";
import { makeOidcApp } from "./oidc_app.ts";

const ISSUER = "http://localhost:9080";

async function startOidc(t: TestContext, folder?: string): Promise<string> {
  const keys = await KeyRing.open(folder ?? await makeFolder(t));
  return await startApp(t, makeOidcApp({ keys, issuer: () => ISSUER }));
}

function post(url: string, body: unknown): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(url, { method: "POST", body: text });
}

async function accessToken(url: string, body: object): Promise<string> {
  const answer = await post(`${url}/token`, { sub: "anna", tenant: "acme", ...body });
  assert.equal(answer.status, 200);
  return (await answer.json()).access_token;
}

const keysOf = (url: string) => createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
const verifyAccess = (url: string, token: string) =>
  jwtVerify(token, keysOf(url), { issuer: ISSUER, audience: "tintype" });

for (const alg of ["ES256", "RS256", "EdDSA"]) {
  test(`POST /token signs with ${alg} by a key that the JWKS publishes`, async (t) => {
    const url = await startOidc(t);
    const { payload, protectedHeader } = await verifyAccess(url, await accessToken(url, { alg }));
    assert.equal(protectedHeader.alg, alg);
    assert.equal(payload["sub"], "anna");
    assert.equal(payload["tenant"], "acme");
    assert.equal(payload["scope"], "images:read images:write images:delete");
    assert.equal(typeof payload.jti, "string");
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3_600);
  });
}

test("POST /token signs with ES256 by default, for the scope and the seconds asked for", async (t) => {
  const url = await startOidc(t);
  const body = { sub: "anna", tenant: "acme", scope: "images:read", ttlSeconds: 60 };
  const answer = await (await post(`${url}/token`, body)).json();
  assert.equal(answer.token_type, "Bearer");
  assert.equal(answer.expires_in, 60);
  assert.equal(decodeProtectedHeader(answer.access_token).alg, "ES256");
  const { payload } = await verifyAccess(url, answer.access_token);
  assert.equal(payload["scope"], "images:read");
});

test("POST /token makes a token that has ended where ttlSeconds is negative", async (t) => {
  const url = await startOidc(t);
  const token = await accessToken(url, { ttlSeconds: -120 });
  await assert.rejects(verifyAccess(url, token), { code: "ERR_JWT_EXPIRED" });
});

test("POST /token answers wrong fields with a problem that names them", async (t) => {
  const url = await startOidc(t);
  const answer = await post(`${url}/token`, { sub: "anna", ttlSeconds: "x", alg: "none" });
  assert.equal(answer.status, 400);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  const problem = await answer.json();
  assert.equal(problem.code, "invalid_request");
  assert.equal(problem.requestId, answer.headers.get("x-request-id"));
  const paths = problem.errors.map((error: { path: string }) => error.path).sort();
  assert.deepEqual(paths, ["alg", "tenant", "ttlSeconds"]);
});

test("bad JSON, an oversize body, a wrong method and an unknown path are problems", async (t) => {
  const url = await startOidc(t);
  const codes = [
    await post(`${url}/token`, "{"),
    await post(`${url}/token`, " ".repeat(70_000)),
    await fetch(`${url}/token`),
    await fetch(`${url}/nothing`),
  ].map(async (answer) => [answer.status, (await answer.json()).code]);
  assert.deepEqual(await Promise.all(codes), [
    [400, "invalid_json"],
    [413, "too_large"],
    [405, "method_not_allowed"],
    [404, "not_found"],
  ]);
});

test("published keys hold no private part", async (t) => {
  const url = await startOidc(t);
  for (const path of ["/.well-known/jwks.json", "/google/certs"]) {
    const { keys } = await (await fetch(url + path)).json();
    for (const key of keys) {
      for (const part of ["d", "p", "q", "dp", "dq", "qi"]) assert.equal(part in key, false);
      assert.ok(key.kid && key.alg && key.use === "sig");
    }
  }
});

test("pages of any origin may ask for tokens and keys, and for nothing else", async (t) => {
  const url = await startOidc(t);
  const origin = async (path: string, method: string) => {
    const answer = await fetch(url + path, { method });
    await answer.arrayBuffer();
    return answer.headers.get("access-control-allow-origin");
  };
  assert.equal(await origin("/token", "OPTIONS"), "*");
  assert.equal(await origin("/.well-known/jwks.json", "GET"), "*");
  assert.equal(await origin("/google/token", "OPTIONS"), null);
  assert.equal(await origin("/_local/rotate", "OPTIONS"), null);
});

test("POST /_local/rotate signs with a new key and keeps the old one published", async (t) => {
  const url = await startOidc(t);
  const before = await accessToken(url, {});
  const { kid } = await (await post(`${url}/_local/rotate`, {})).json();
  const after = await accessToken(url, {});
  assert.equal(decodeProtectedHeader(after).kid, kid);
  assert.notEqual(decodeProtectedHeader(before).kid, kid);
  await verifyAccess(url, before);
  await verifyAccess(url, after);
});

test("the metadata server gives the keeper's identity token to who asks as Google's do", async (t) => {
  const url = await startOidc(t);
  const path = "/computeMetadata/v1/instance/service-accounts/default/identity?audience=http://x/y";
  const ask = (headers: Record<string, string>) => fetch(`${url}${path}&format=full`, { headers });
  assert.equal((await ask({})).status, 403);
  const answer = await ask({ "metadata-flavor": "Google" });
  assert.equal(answer.headers.get("metadata-flavor"), "Google");
  const { aud, email } = decodeJwt(await answer.text());
  assert.deepEqual([aud, email], ["http://x/y", "keeper@tintype-local.iam.gserviceaccount.com"]);
});

test("POST /google/token signs the OIDC token of a service account", async (t) => {
  const url = await startOidc(t);
  const email = "push@tintype-local.iam.gserviceaccount.com";
  const audience = "http://localhost:8080/events/storage";
  const answer = await (await post(`${url}/google/token`, { audience, email })).json();
  assert.equal(answer.expires_in, 3_600);
  const certs = createRemoteJWKSet(new URL(`${url}/google/certs`));
  const options = { issuer: "https://accounts.google.com", audience, algorithms: ["RS256"] };
  const { payload } = await jwtVerify(answer.id_token, certs, options);
  assert.equal(payload["email"], email);
  assert.equal(payload["email_verified"], true);
  assert.equal(payload["azp"], payload.sub);
  assert.match(payload.sub ?? "", /^\d{21}$/);
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3_600);
});

test("an identity token does not verify by the keys of access tokens", async (t) => {
  const url = await startOidc(t);
  const body = { audience: "tintype", email: "push@tintype-local.iam.gserviceaccount.com" };
  const { id_token: token } = await (await post(`${url}/google/token`, body)).json();
  await assert.rejects(jwtVerify(token, keysOf(url)), { code: "ERR_JWKS_NO_MATCHING_KEY" });
});

test("a restart keeps every key, rotated ones included, in a file of the owner's only", async (t) => {
  const folder = await makeFolder(t);
  const first = await startOidc(t, folder);
  const before = await accessToken(first, {});
  await (await post(`${first}/_local/rotate`, {})).json();
  const after = await accessToken(first, {});
  const second = await startOidc(t, folder);
  await verifyAccess(second, before);
  await verifyAccess(second, after);
  const files = await readdir(folder);
  assert.deepEqual(files, ["issuer_keys.json"]);
  assert.equal((await stat(join(folder, "issuer_keys.json"))).mode & 0o777, 0o600);
});

test("the discovery document and the controls are there", async (t) => {
  const url = await startOidc(t);
  const discovery = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
  assert.equal(discovery.issuer, ISSUER);
  assert.equal(discovery.jwks_uri, `${ISSUER}/.well-known/jwks.json`);
  const { controls } = await (await fetch(`${url}/_local`)).json();
  assert.ok(controls.some((control: { path: string }) => control.path === "/_local/rotate"));
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

/** What a page sends to `GET /authorize`, and the answer's address. */
async function authorize(url: string, changes: Record<string, string> = {}) {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "page",
    redirect_uri: "http://localhost:8787/",
    scope: "openid images:read",
    state: "state-1",
    nonce: "nonce-1",
    code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
    code_challenge_method: "S256",
    ...changes,
  });
  const answer = await fetch(`${url}/authorize?${query}`, { redirect: "manual" });
  return { status: answer.status, location: answer.headers.get("location") ?? "" };
}

async function redeem(url: string, form: Record<string, string>) {
  const body = new URLSearchParams({ client_id: "page", ...form });
  const answer = await fetch(`${url}/token`, { method: "POST", body });
  return { status: answer.status, body: await answer.json() };
}

/** The grant of the code in an address that {@link authorize} answered. */
function grantOf(location: string) {
  return {
    grant_type: "authorization_code",
    code: new URL(location).searchParams.get("code") ?? "",
    redirect_uri: "http://localhost:8787/",
    code_verifier: VERIFIER,
  };
}

const VERIFIER = "v".repeat(43);

test("the code flow gives tokens for a code and its verifier, once, and again for a refresh token", async (t) => {
  const url = await startOidc(t);
  const { status, location } = await authorize(url);
  assert.equal(status, 302);
  assert.equal(new URL(location).searchParams.get("state"), "state-1");
  const { body } = await redeem(url, grantOf(location));
  const { payload } = await verifyAccess(url, body.access_token);
  const { sub, tenant, scope } = payload;
  assert.deepEqual([sub, tenant, scope], ["me", "demo", "openid images:read"]);
  const { payload: identity } = await jwtVerify(body.id_token, keysOf(url), { audience: "page" });
  assert.equal(identity["nonce"], "nonce-1");
  const again = await redeem(url, grantOf(location));
  assert.deepEqual(again.body, { error: "invalid_grant" }, "a code is good once");
  const renewal = { grant_type: "refresh_token", refresh_token: body.refresh_token };
  assert.equal((await redeem(url, renewal)).status, 200);
  assert.equal((await redeem(url, renewal)).status, 400, "a refresh token too");
});

test("the code flow refuses another verifier, another client and a page of another machine", async (t) => {
  const url = await startOidc(t);
  for (const wrong of [{ code_verifier: "w".repeat(43) }, { client_id: "other" }]) {
    const { location } = await authorize(url);
    const { status, body } = await redeem(url, { ...grantOf(location), ...wrong });
    assert.deepEqual([status, body], [400, { error: "invalid_grant" }]);
  }
  assert.equal((await authorize(url, { redirect_uri: "https://evil.example/" })).status, 400);
  assert.equal((await authorize(url, { code_challenge_method: "plain" })).status, 400);
});

test("An address that is none of its own is a 404, whatever it looks like", async (t) => {
  const url = await startOidc(t);
  for (const path of ["//", "/%zz", "/constructor"]) {
    assert.equal((await fetch(url + path)).status, 404, path);
  }
});
