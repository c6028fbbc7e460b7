import assert from "node:assert/strict";
import { createPrivateKey, sign } from "node:crypto";
import { test } from "node:test";
import { base64url, exportJWK, exportPKCS8, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { isAppError } from "@tintype/core/errors";
import { makeTokenVerifier } from "./jose_token_verifier.ts";
import { RemoteKeys, TOKEN_ALGORITHMS } from "./remote_keys.ts";

const ISSUER = "https://issuer.test";
const NOW = 1_800_000_000;
const pairs = {
  RS256: await generateKeyPair("RS256", { extractable: true }),
  ES256: await generateKeyPair("ES256", { extractable: true }),
  EdDSA: await generateKeyPair("EdDSA", { extractable: true }),
};
const signingKey = createPrivateKey(await exportPKCS8(pairs.ES256.privateKey));
const other = await generateKeyPair("ES256", { extractable: true });
const jwks = {
  keys: await Promise.all(
    Object.entries(pairs).map(async ([alg, { publicKey }]) => ({
      ...await exportJWK(publicKey),
      kid: alg,
      use: "sig",
    })),
  ),
};
const clock = { now: () => NOW * 1_000 };
const verify = makeTokenVerifier({
  keys: new RemoteKeys({ url: ISSUER, clock, fetch: () => Promise.resolve(Response.json(jwks)) }),
  issuer: ISSUER,
  audience: "tintype",
  tenantClaim: "https://claims.test/tenant",
  clock,
});

const claims = {
  iss: ISSUER,
  aud: "tintype",
  sub: "ann",
  "https://claims.test/tenant": "acme",
  scope: "images:read  images:write",
  iat: NOW - 10,
  exp: NOW + 600,
};
const header = { alg: "ES256", kid: "ES256" };

async function signed(changes: Record<string, unknown> = {}, head: Record<string, unknown> = {}) {
  const payload = JSON.parse(JSON.stringify({ ...claims, ...changes }));
  return await raw(JSON.stringify(payload), { ...header, ...head });
}

/** Signs any text, whatever the header says of it. */
async function raw(payload: string, head: Record<string, unknown>): Promise<string> {
  const text = `${base64url.encode(JSON.stringify(head))}.${base64url.encode(payload)}`;
  const options = { key: signingKey, dsaEncoding: "ieee-p1363" } as const;
  return `${text}.${sign("sha256", Buffer.from(text), options).toString("base64url")}`;
}

async function isRefused(token: string): Promise<boolean> {
  try {
    await verify(token);
    return false;
  } catch (error) {
    return isAppError(error, "unauthenticated");
  }
}

for (const alg of ["RS256", "ES256", "EdDSA"] as const) {
  test(`a token signed with ${alg} says tenant, subject and scopes`, async () => {
    assert.ok(alg in TOKEN_ALGORITHMS);
    const token = await new SignJWT(claims).setProtectedHeader({ alg, kid: alg })
      .sign(pairs[alg].privateKey);
    assert.deepEqual(await verify(token), {
      tenant: "acme",
      subject: "ann",
      scopes: new Set(["images:read", "images:write"]),
    });
  });
}

test("a token within the tolerance of 30 seconds is taken, one beyond is not", async () => {
  assert.equal(await isRefused(await signed({ exp: NOW - 29 })), false);
  assert.equal(await isRefused(await signed({ exp: NOW - 31 })), true);
  assert.equal(await isRefused(await signed({ nbf: NOW + 29 })), false);
  assert.equal(await isRefused(await signed({ nbf: NOW + 31 })), true);
  assert.equal(await isRefused(await signed({ iat: NOW + 29 })), false);
  assert.equal(await isRefused(await signed({ iat: NOW + 31 })), true);
});

const WRONG_CLAIMS: Record<string, Record<string, unknown>> = {
  "another issuer": { iss: "https://other.test" },
  "an issuer with a slash more": { iss: `${ISSUER}/` },
  "no issuer": { iss: undefined },
  "a list of issuers": { iss: [ISSUER] },
  "another audience": { aud: "other" },
  "no audience": { aud: undefined },
  "a list of audiences": { aud: ["tintype", "other"] },
  "no end": { exp: undefined },
  "an end as text": { exp: String(NOW + 600) },
  "an end as a fraction": { exp: NOW + 600.5 },
  "an end beyond numbers": { exp: 1e300 },
  "a start as text": { nbf: String(NOW) },
  "a start as a fraction": { nbf: NOW + 0.5 },
  "no time of issue": { iat: undefined },
  "a time of issue as text": { iat: String(NOW) },
  "a time of issue as a fraction": { iat: NOW + 0.5 },
  "a time of issue far ahead": { iat: NOW + 86_400 },
  "no subject": { sub: undefined },
  "an empty subject": { sub: "" },
  "a subject as a number": { sub: 7 },
  "a subject as a list": { sub: ["ann"] },
  "a subject too long": { sub: "a".repeat(257) },
  "no tenant": { "https://claims.test/tenant": undefined },
  "a tenant as a list": { "https://claims.test/tenant": ["acme"] },
  "a tenant that is a path": { "https://claims.test/tenant": "acme/../other" },
  "a tenant in upper case": { "https://claims.test/tenant": "ACME" },
  "no scope": { scope: undefined },
  "a scope as a list": { scope: ["images:read"] },
};

for (const [name, changes] of Object.entries(WRONG_CLAIMS)) {
  test(`a token with ${name} is refused`, async () => {
    assert.ok(await isRefused(await signed(changes)));
  });
}

const WRONG_HEADERS: Record<string, Record<string, unknown>> = {
  "alg none": { alg: "none" },
  "alg in odd case": { alg: "es256" },
  "another alg of the same key": { alg: "ES384" },
  "an alg that is no text": { alg: ["ES256"] },
  "an embedded key": { jwk: await exportJWK(other.publicKey) },
  "the address of a key": { jku: "https://evil.test/jwks.json" },
  "the address of a certificate": { x5u: "https://evil.test/cert.pem" },
  "an extension it calls critical": { crit: ["b64"], b64: true },
  "a key id that is a path": { kid: "../../ES256" },
  "an unknown key id": { kid: "unknown" },
  "a key id that is a number": { kid: 7 },
  "another type": { typ: "JOSE" },
};

for (const [name, changes] of Object.entries(WRONG_HEADERS)) {
  test(`a token with ${name} is refused`, async () => {
    assert.ok(await isRefused(await signed({}, changes)));
  });
}

test("a token of type at+jwt is taken (RFC 9068)", async () => {
  assert.equal(await isRefused(await signed({}, { typ: "at+JWT" })), false);
});

test("a token signed by somebody else is refused, whatever key it names", async () => {
  const foreign = await new SignJWT(claims).setProtectedHeader(header).sign(other.privateKey);
  assert.ok(await isRefused(foreign));
});

test("a token signed by HMAC with the public key as its secret is refused", async () => {
  const secret = new TextEncoder().encode(await exportSPKI(pairs.RS256.publicKey));
  for (const kid of ["RS256", undefined]) {
    const head = { alg: "HS256", ...(kid === undefined ? {} : { kid }) };
    assert.ok(await isRefused(await new SignJWT(claims).setProtectedHeader(head).sign(secret)));
  }
});

test("a token with a claim given twice is refused", async () => {
  const twice = JSON.stringify(claims).replace('"sub"', '"sub":"bob","s\\u0075b"');
  assert.ok(await isRefused(await raw(twice, header)));
  assert.equal(await isRefused(await raw(JSON.stringify(claims), header)), false);
});

test("a token that is damaged, padded, cut, extended or too long is refused", async () => {
  const good = await signed();
  const [head = "", body = "", signature = ""] = good.split(".");
  const damaged = [
    "",
    ".",
    "..",
    `${head}.${body}`,
    `${head}.${body}.`,
    `${head}..${signature}`,
    `${good}.`,
    `${good}=`,
    `${good}\n`,
    ` ${good}`,
    `${good}.${signature}`,
    good.slice(0, -2),
    `${head}.${body.slice(0, -4)}.${signature}`,
    `${head}=.${body}.${signature}`,
    `${head}.bm90IGpzb24.${signature}`,
    await signed({ filler: "x".repeat(8_192) }),
  ];
  for (const token of damaged) assert.ok(await isRefused(token), token.slice(0, 40));
  assert.equal(await isRefused(good), false);
});
