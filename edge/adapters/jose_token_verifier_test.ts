import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { JWKS, makeTokens } from "../_tokens_fixture.ts";
import { makeTokenVerifier } from "./jose_token_verifier.ts";
import { RemoteKeys, TOKEN_ALGORITHMS } from "./remote_keys.ts";

const ISSUER = "https://issuer.test";
const NOW = 1_800_000_000;
const TENANT_CLAIM = "https://claims.test/tenant";
const clock = { now: () => NOW * 1_000 };
const tokens = makeTokens({ issuer: ISSUER, tenantClaim: TENANT_CLAIM, nowSeconds: NOW });
const verify = makeTokenVerifier({
  keys: new RemoteKeys({ url: ISSUER, clock, fetch: () => Promise.resolve(Response.json(JWKS)) }),
  issuer: ISSUER,
  audience: "tintype",
  tenantClaim: TENANT_CLAIM,
  clock,
});

async function isRefused(token: string): Promise<boolean> {
  try {
    await verify(token);
    return false;
  } catch (error) {
    if (isAppError(error, "unauthenticated")) return true;
    throw error;
  }
}

for (const alg of ["RS256", "ES256", "EdDSA"] as const) {
  test(`a token signed with ${alg} says tenant, subject and scopes`, async () => {
    assert.ok(alg in TOKEN_ALGORITHMS);
    assert.deepEqual(await verify(await tokens.signedWith(alg)), {
      tenant: "acme",
      subject: "ann",
      scopes: new Set(["images:read", "images:write"]),
      expiresAtMs: (NOW + 630) * 1_000,
    });
  });
}

test("a token within the tolerance of 30 seconds is taken, one beyond is not", async () => {
  for (const [claim, sign] of [["exp", -1], ["nbf", 1], ["iat", 1]] as const) {
    const signed = (seconds: number) => tokens.signed({ [claim]: NOW + sign * seconds });
    assert.deepEqual(
      [await isRefused(signed(29)), await isRefused(signed(31))],
      [false, true],
      claim,
    );
  }
});

for (const [name, token] of Object.entries(await tokens.bad())) {
  test(`a token with ${name} is refused`, async () => {
    assert.ok(await isRefused(token));
  });
}

test("what is around a token is not taken for a part of it", async () => {
  assert.ok(await isRefused(`${tokens.signed()}\n`));
  assert.ok(await isRefused(` ${tokens.signed()}`));
});

test("a token of type at+jwt is taken (RFC 9068)", async () => {
  assert.equal(await isRefused(tokens.signed({}, { typ: "at+JWT" })), false);
});

const JSON_VALUES = [null, true, 1, -1.5, 1e300, "", "x", [], ["ES256"], {}, { a: 1 }] as const;
const HEADERS = "alg kid typ cty crit jwk jku x5u x5c b64 zip enc".split(" ");
const CLAIMS = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "scope", TENANT_CLAIM, "other"];

test("a validly signed token is taken or refused, whatever JSON its headers and claims hold", async () => {
  for (const value of JSON_VALUES) {
    for (const name of HEADERS) await isRefused(tokens.signed({}, { [name]: value }));
    for (const name of CLAIMS) await isRefused(tokens.signed({ [name]: value }));
  }
  for (const typ of JSON_VALUES) {
    assert.ok(await isRefused(tokens.signed({}, { typ })), `typ: ${JSON.stringify(typ)}`);
  }
});
