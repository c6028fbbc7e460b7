import assert from "node:assert/strict";
import { test } from "node:test";
import { call, makeTestEdge } from "../_testing.ts";
import { pagePolicyOf, signIn } from "../page_settings.ts";

const OIDC = signIn.parse({
  type: "oidc",
  issuer: "https://login.example/realms/a",
  clientId: "page",
  origins: ["https://tokens.example"],
});

test("the page lets in its own files, storage and the issuer, and nothing inline", async () => {
  const edge = await makeTestEdge();
  const { headers } = await call(edge, "GET /");
  assert.equal(headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(headers.get("cache-control"), "private, no-store");
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /script-src 'self'; style-src 'self';/);
  assert.match(policy, /img-src 'self' blob: https:\/\/storage\.test;/);
  assert.match(policy, /connect-src 'self' https:\/\/storage\.test;/);
  assert.doesNotMatch(policy, /unsafe|data:|\*/);
});

test("an OpenID issuer's origins are let in for tokens", () => {
  const policy = pagePolicyOf({ storage: "https://storage.googleapis.com", signIn: OIDC });
  const [, connect] = /connect-src ([^;]+)/.exec(policy) ?? [];
  assert.equal(
    connect,
    "'self' https://storage.googleapis.com https://login.example https://tokens.example",
  );
});

test("built files are kept for ever, as their names hold their content's hash; a missing one is 404", async () => {
  const edge = await makeTestEdge();
  const file = await call(edge, "GET /page/main-ABC.js");
  assert.equal(await file.text(), "file /page/main-ABC.js");
  assert.equal(file.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assert.equal(file.headers.get("x-content-type-options"), "nosniff");
  assert.equal((await call(edge, "GET /page/none")).status, 404);
});

test("the service worker may ask its own host alone, and it and the manifest are asked for each time", async () => {
  const edge = await makeTestEdge();
  for (
    const [path, type, policy] of [
      [
        "/service_worker.js",
        "text/javascript; charset=utf-8",
        /^default-src 'none'; connect-src 'self'$/,
      ],
      ["/manifest.webmanifest", "application/manifest+json", /^default-src 'none';/],
    ] as const
  ) {
    const { headers } = await call(edge, `GET ${path}`);
    assert.equal(headers.get("content-type"), type);
    assert.match(headers.get("content-security-policy") ?? "", policy);
    assert.equal(headers.get("cache-control"), "private, no-store");
  }
});

test("/config.json says how the page is to sign in, and holds no secret", async () => {
  const page = { storage: "https://storage.test", signIn: OIDC };
  const edge = await makeTestEdge({ services: { page } });
  const config = await (await call(edge, "GET /config.json")).json();
  assert.deepEqual(Object.keys(config).sort(), ["periodMs", "signIn", "types"]);
  assert.equal(config.signIn.scope, "openid images:read images:write images:delete");
  assert.equal(config.periodMs, 7 * 86_400_000);
  assert.deepEqual(config.types[0], {
    type: "image/jpeg",
    label: "JPEG",
    extensions: ["jpg", "jpeg"],
  });
});

test("a SIGN_IN with a plain-http issuer of another machine is refused", () => {
  const wrong = { ...OIDC, issuer: "http://login.example" };
  assert.equal(signIn.safeParse(wrong).success, false);
  assert.equal(signIn.safeParse({ ...OIDC, clientSecret: "x" }).success, false);
});
