import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { readEnv } from "./env.ts";

const HMAC = JSON.stringify({ type: "hmac", accessId: "GOOG1", secret: "s" });
const TEXTS = {
  ...{ RAW_BUCKET: "raw", PROCESSED_BUCKET: "a".repeat(63), ERASURES_BUCKET: "e-1" },
  CONFIG_BUCKET: "config",
  JWKS_URL: "https://issuer.test/jwks.json",
  ...{ ISSUER: "https://issuer.test", AUDIENCE: "tintype", PSEUDONYM_KEYS: "{}" },
  ...{ SIGNING_KEY: HMAC, CURSOR_KEY: "c".repeat(32), GRANT_KEY: "g".repeat(32) },
};
const objects = { idFromName: () => ({}) };
const limiter = { limit: () => Promise.resolve({ success: true }) };
const BINDINGS = {
  ...{ ASSETS: { fetch }, TENANT_QUOTA: objects, TENANT_GRANTS: objects },
  ...{ ADDRESS_LIMITER: limiter, OWNER_LIMITER: limiter },
};
const GOOD = { ...TEXTS, ...BINDINGS };

test("readEnv() reads what must be bound, and has defaults for the rest", () => {
  const { SIGNING_KEY, ...read } = readEnv(GOOD);
  const { SIGNING_KEY: _, ...given } = GOOD;
  assert.deepEqual(SIGNING_KEY, JSON.parse(HMAC));
  assert.deepEqual(read, {
    ...given,
    STORAGE_ENDPOINT: "https://storage.googleapis.com",
    PUSH_KEYS_URL: "https://www.googleapis.com/oauth2/v3/certs",
    TENANT_CLAIM: "tenant",
    SCOPE_CLAIMS: ["scope", "scp"],
    TOKEN_ALGORITHMS: ["RS256", "ES256", "EdDSA"],
    IAT_REQUIRED: "true",
    TOKEN_MAX_LIFE_SECONDS: 86_400,
  });
  for (const name of Object.keys(GOOD)) assert.deepEqual(wrongIn({ [name]: undefined }), [name]);
});

/** The names that {@link readEnv} refuses, with the bindings changed. */
function wrongIn(changes: object): readonly string[] {
  try {
    readEnv({ ...GOOD, ...changes });
    return [];
  } catch (error) {
    assert.ok(isAppError(error, "invalid_config"));
    return error.errors.map(({ path }) => path);
  }
}

const RSA = { type: "rsa", email: "edge@test", privateKeyPem: "-----BEGIN PRIVATE KEY-----" };
const OIDC = { type: "oidc", issuer: "https://login.test", clientId: "page" };
const origins = (count: number) => Array(count).fill("https://tokens.test");

/** Values of variables, those that are taken and those that are not. */
const VALUES: Readonly<Record<string, readonly [taken: unknown[], refused: unknown[]]>> = {
  STORAGE_ENDPOINT: [["https://a.test", "http://[::1]:1"], ["http://a.test", "https://a.test/"]],
  RAW_BUCKET: [["a.b", "a_b"], ["ab", "a".repeat(64), "Raw", "-ab"]],
  JWKS_URL: [["http://localhost:1/x"], ["https://a.test", "http://a.test/x"]],
  CURSOR_KEY: [[], ["c".repeat(31)]],
  SIGNING_KEY: [[JSON.stringify(RSA)], ["{", "{}", JSON.stringify({ ...RSA, secret: "s" })]],
  SIGN_IN: [
    [JSON.stringify({ ...OIDC, origins: origins(4) })],
    [JSON.stringify({ ...OIDC, origins: origins(5) }), JSON.stringify({ ...OIDC, clientId: "" })],
  ],
  RETENTION_MS: [["60000"], ["soon", "1.5"]],
  PUSH_ACCOUNT: [["a@b.test"], ["somebody"]],
  JURISDICTION: [["eu", "fedramp"], ["us"]],
  ASSETS: [[], ["text", null, { read: fetch }]],
  TOKEN_MAX_LIFE_SECONDS: [["60", "2592000"], ["59", "2592001", "60.5"]],
  TOKEN_ALGORITHMS: [["PS256, ES512"], ["", "HS256", "none"]],
  SCOPE_CLAIMS: [["a,b,c,/d/e"], ["", "a,b,c,d,e"]],
};

for (const [name, [taken, refused]] of Object.entries(VALUES)) {
  test(`readEnv() takes and refuses values of ${name}`, () => {
    for (const value of taken) assert.deepEqual(wrongIn({ [name]: value }), [], String(value));
    for (const value of refused) {
      const [wrong = "", ...others] = wrongIn({ [name]: value });
      assert.ok(wrong.startsWith(name) && others.length === 0, `${name}: ${String(value)}`);
    }
  });
}
