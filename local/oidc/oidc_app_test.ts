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
const PUSH = "push@tintype-local.iam.gserviceaccount.com";
const VERIFIER = "v".repeat(43);
const FORM = { "content-type": "application/x-www-form-urlencoded" };

async function startOidc(t: TestContext, folder?: string): Promise<string> {
  const keys = await KeyRing.open(folder ?? await makeFolder(t));
  return await startApp(t, makeOidcApp({ keys, issuer: () => ISSUER }));
}

function post(url: string, body: unknown): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(url, { method: "POST", body: text });
}

async function accessToken(url: string, body: object): Promise<string> {
  const response = await post(`${url}/token`, { sub: "anna", tenant: "acme", ...body });
  assert.equal(response.status, 200);
  return (await response.json()).access_token;
}

const keysOf = (url: string) => createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
const verifyAccess = (url: string, token: string) =>
  jwtVerify(token, keysOf(url), { issuer: ISSUER, audience: "tintype" });

test("POST /token signs what is asked for by a published key of the algorithm", async (t) => {
  const url = await startOidc(t);
  for (const alg of ["ES256", "RS256", "EdDSA", undefined]) {
    const token = await accessToken(url, { alg, claims: { roles: ["a"] } });
    const { payload, protectedHeader } = await verifyAccess(url, token);
    assert.equal(protectedHeader.alg, alg ?? "ES256");
    const { exp = 0, iat = 0, jti, iss: _, ...rest } = payload;
    assert.deepEqual(rest, {
      aud: "tintype",
      sub: "anna",
      tenant: "acme",
      scope: "images:read images:write images:delete",
      roles: ["a"],
    });
    assert.deepEqual([exp - iat, typeof jti], [3_600, "string"]);
  }
  const short = await verifyAccess(url, await accessToken(url, { scope: "x", ttlSeconds: 60 }));
  const { scope, exp = 0, iat = 0 } = short.payload;
  assert.deepEqual([scope, exp - iat], ["x", 60]);
  const over = accessToken(url, { ttlSeconds: -120 }).then((token) => verifyAccess(url, token));
  await assert.rejects(over, { code: "ERR_JWT_EXPIRED" });
});

/** Requests that are refused, and what the response holds. */
const REFUSED: readonly (readonly [string, RequestInit, number, RegExp])[] = [
  ["/token", { method: "POST", body: "{" }, 400, /not JSON/],
  ["/token", { method: "POST", body: " ".repeat(70_000) }, 413, /65536 bytes/],
  ["/token", { method: "POST", body: '{"sub":"a"}' }, 400, /'tenant'/],
  ["/token", { method: "POST", body: '{"sub":"a","tenant":"b","alg":"none"}' }, 400, /'alg'/],
  ["/token", { method: "POST", body: '{"sub":"a","tenant":"b","acr":"1"}' }, 501, /have acr"/],
  ["/token", { method: "POST", headers: FORM, body: "grant_type=password" }, 501, /grant_type"/],
  ["/token", {}, 501, /GET \/token/],
  ["/authorize?prompt=login", {}, 501, /the query parameter prompt/],
  ["/google/token?format=full", { method: "POST", body: "{}" }, 501, /parameter format/],
  ["/userinfo", {}, 501, /GET \/userinfo/],
  ["//", {}, 501, /GET \/\//],
  ["/constructor", {}, 501, /GET \/constructor/],
  ["/google/token", { method: "OPTIONS" }, 501, /OPTIONS/],
];

test("what is wrong is refused, what there is not is 501 by its name", async (t) => {
  const url = await startOidc(t);
  for (const [path, init, status, text] of REFUSED) {
    const response = await fetch(url + path, init);
    assert.equal(response.status, status, path);
    assert.match(await response.text(), text, path);
  }
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
  const origins = [
    ["/token", "OPTIONS"],
    ["/.well-known/jwks.json", "GET"],
    ["/google/certs", "GET"],
    ["/_local/rotate", "OPTIONS"],
  ].map(async ([path = "", method = ""]) =>
    (await fetch(url + path, { method })).headers.get("access-control-allow-origin")
  );
  assert.deepEqual(await Promise.all(origins), ["*", "*", null, null]);
});

test("POST /_local/rotate signs with a new key; the old one stays published, after a restart too", async (t) => {
  const folder = await makeFolder(t);
  const url = await startOidc(t, folder);
  const before = await accessToken(url, {});
  const { kid } = await (await post(`${url}/_local/rotate`, {})).json();
  const after = await accessToken(url, {});
  assert.equal(decodeProtectedHeader(after).kid, kid);
  assert.notEqual(decodeProtectedHeader(before).kid, kid);
  const announced = await (await post(`${url}/_local/announce`, {})).json();
  assert.equal(decodeProtectedHeader(await accessToken(url, {})).kid, kid);
  await (await post(`${url}/_local/rotate`, { kid: announced.kid })).json();
  assert.equal(decodeProtectedHeader(await accessToken(url, {})).kid, announced.kid);
  assert.equal((await post(`${url}/_local/rotate`, { kid: "none" })).status, 400);
  const second = await startOidc(t, folder);
  for (const token of [before, after]) await verifyAccess(second, token);
  assert.deepEqual(await readdir(folder), ["issuer_keys.json"]);
  assert.equal((await stat(join(folder, "issuer_keys.json"))).mode & 0o777, 0o600);
});

test("the metadata server gives the keeper's identity token to who asks as Google's do", async (t) => {
  const url = await startOidc(t);
  const path = "/computeMetadata/v1/instance/service-accounts/default/identity?audience=http://x/y";
  const ask = (headers: Record<string, string>) => fetch(`${url}${path}&format=full`, { headers });
  assert.equal((await ask({})).status, 403);
  const response = await ask({ "metadata-flavor": "Google" });
  assert.equal(response.headers.get("metadata-flavor"), "Google");
  const { aud, email } = decodeJwt(await response.text());
  assert.deepEqual([aud, email], ["http://x/y", "keeper@tintype-local.iam.gserviceaccount.com"]);
});

test("POST /google/token signs the identity token of a service account by Google's keys", async (t) => {
  const url = await startOidc(t);
  const audience = "http://localhost:8080/events/storage";
  const response = await (await post(`${url}/google/token`, { audience, email: PUSH })).json();
  assert.equal(response.expires_in, 3_600);
  const certs = createRemoteJWKSet(new URL(`${url}/google/certs`));
  const options = { issuer: "https://accounts.google.com", audience, algorithms: ["RS256"] };
  const { payload } = await jwtVerify(response.id_token, certs, options);
  const { email, email_verified: isVerified, azp, sub = "", exp = 0, iat = 0 } = payload;
  assert.deepEqual([email, isVerified, azp, exp - iat], [PUSH, true, sub, 3_600]);
  assert.match(sub, /^\d{21}$/);
  const byOthers = jwtVerify(response.id_token, keysOf(url));
  await assert.rejects(byOthers, { code: "ERR_JWKS_NO_MATCHING_KEY" });
});

test("GET /_local lists the routes, and discovery names the endpoints", async (t) => {
  const url = await startOidc(t);
  const discovery = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
  assert.equal(discovery.jwks_uri, `${ISSUER}/.well-known/jwks.json`);
  const { routes } = await (await fetch(`${url}/_local`)).json();
  const listed = routes.map(({ route }: { route: string }) => route);
  for (const endpoint of [discovery.authorization_endpoint, discovery.token_endpoint]) {
    const { pathname } = new URL(endpoint);
    assert.ok(listed.some((route: string) => route.endsWith(` ${pathname}`)), pathname);
  }
});

/** What a page sends to `GET /authorize`, and where it is sent. */
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
  const response = await fetch(`${url}/authorize?${query}`, { redirect: "manual" });
  return { status: response.status, location: response.headers.get("location") ?? "" };
}

async function redeem(url: string, form: Record<string, string>) {
  const body = new URLSearchParams({ client_id: "page", ...form });
  const response = await fetch(`${url}/token`, { method: "POST", body });
  return { status: response.status, body: await response.json() };
}

/** The grant of the code in an address that {@link authorize} returned. */
function grantOf(location: string) {
  return {
    grant_type: "authorization_code",
    code: new URL(location).searchParams.get("code") ?? "",
    redirect_uri: "http://localhost:8787/",
    code_verifier: VERIFIER,
  };
}

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
