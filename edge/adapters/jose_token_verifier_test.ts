import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeProtectedHeader } from "jose";
import { isAppError } from "@tintype/core/errors";
import { JWKS, makeGrants, makeTokens } from "../_tokens_fixture.ts";
import { tokenFaultOf } from "../token_refusal.ts";
import { TOKEN_ALGORITHMS, tokenSettings } from "../token_settings.ts";
import { hmacGrantTokens } from "./grant_tokens.ts";
import { makeTokenVerifier } from "./jose_token_verifier.ts";
import { RemoteKeys } from "./remote_keys.ts";

const ISSUER = "https://issuer.test";
const NOW = 1_800_000_000;
const TENANT_CLAIM = "https://claims.test/tenant";
const clock = { now: () => NOW * 1_000 };
const tokens = makeTokens({ issuer: ISSUER, tenantClaim: TENANT_CLAIM, nowSeconds: NOW });
const verify = verifierOf({ TENANT_CLAIM });

/** A verifier as the variables configure it. */
function verifierOf(variables: Readonly<Record<string, string>>) {
  const settings = tokenSettings.parse({ ISSUER, AUDIENCE: "tintype", ...variables });
  const fetch = () => Promise.resolve(Response.json(JWKS));
  const keys = new RemoteKeys({ url: ISSUER, algorithms: settings.TOKEN_ALGORITHMS, clock, fetch });
  return makeTokenVerifier({ keys, settings, clock });
}

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
    const refused = [await isRefused(signed(29)), await isRefused(signed(31))];
    assert.deepEqual(refused, [false, true], claim);
  }
});

for (const [name, token] of Object.entries(await tokens.bad())) {
  test(`a token with ${name} is refused`, async () => {
    assert.ok(await isRefused(token));
  });
}

const grants = await makeGrants(NOW);
for (const [name, token] of Object.entries(await grants.bad())) {
  test(`a grant with ${name} is refused`, async () => {
    await assert.rejects(grants.tokens.verify(token), (error) => tokenFaultOf(error) !== undefined);
  });
}

test("a grant is taken by the edge's key alone: no verifier of an issuer takes it, and no grant's an issuer's token", async () => {
  assert.equal((await grants.tokens.verify(grants.good)).count, 3);
  const { tokens: others } = await makeGrants(NOW, "another-grant-key-0123456789-abcdef");
  const faults = [
    () => others.verify(grants.good),
    () => verify(grants.good),
    () => grants.tokens.verify(tokens.signed()),
  ].map((check) => check().then(() => "taken", (error) => tokenFaultOf(error)?.reason));
  assert.deepEqual(await Promise.all(faults), ["key", "algorithm", "algorithm"]);
});

/** When a grant begins and ends, in seconds from now, and what becomes of it. */
const GRANT_TIMES = [
  [-1, 1, "taken"],
  [-1, 0, "expired"],
  [5, 6, "taken"],
  [6, 7, "not_yet"],
  [0, 86_400, "taken"],
  [0, 86_401, "life"],
] as const;

test("a grant is taken until its end, for a day at most, and 5 s ahead", async () => {
  const { sign, verify } = grants.tokens;
  const good = await verify(grants.good);
  for (const [begins, ends, expected] of GRANT_TIMES) {
    const times = { issuedAtMs: (NOW + begins) * 1_000, endsAtMs: (NOW + ends) * 1_000 };
    const check = verify(await sign({ ...good, ...times }));
    const found = await check.then(() => "taken", (error) => tokenFaultOf(error)?.reason);
    assert.equal(found, expected, `${begins} to ${ends}`);
  }
});

test("while the grants' key is changed those of both keys are taken", async () => {
  const secrets = ["older-grant-key-0123456789-abcdefgh", "newer-grant-key-0123456789-abcdefgh"];
  const [older, newer] = await Promise.all(secrets.map((secret) => makeGrants(NOW, secret)));
  const [before = "", after = ""] = secrets;
  const steps = [[before, after], [after, before], [after]] as const;
  const taken = await Promise.all(steps.map(async ([secret, also]) => {
    const { verify, sign } = await hmacGrantTokens(clock, secret, also);
    const good = [older?.good ?? "", newer?.good ?? ""];
    const known = good.map((token) => verify(token).then(() => true, () => false));
    const { kid } = decodeProtectedHeader(await sign(await grants.tokens.verify(grants.good)));
    const kids = good.map((token) => decodeProtectedHeader(token).kid);
    return [...await Promise.all(known), kids.indexOf(kid)];
  }));
  assert.deepEqual(taken, [[true, true, 0], [true, true, 1], [false, true, 1]]);
});

test("why a token is refused has a reason of its own", async () => {
  const reasons = {
    malformed: "x.y.z",
    header: tokens.signed({}, { typ: "JOSE" }),
    algorithm: tokens.signed({}, { alg: "HS256" }),
    key: tokens.signed({}, { kid: undefined, alg: "RS256" }),
    signature: `${tokens.signed().slice(0, -6)}AAAAAA`,
    issuer: tokens.signed({ iss: "https://other.test" }),
    audience: tokens.signed({ aud: [] }),
    subject: tokens.signed({ sub: "\ud800" }),
    tenant: tokens.signed({ [TENANT_CLAIM]: "A" }),
    scope: tokens.signed({ scope: undefined }),
    times: tokens.signed({ iat: undefined }),
    expired: tokens.signed({ exp: NOW - 31 }),
    not_yet: tokens.signed({ nbf: NOW + 31 }),
    life: tokens.signed({ exp: NOW + 86_400 }),
  };
  for (const [reason, token] of Object.entries(reasons)) {
    const fault = await verify(token).then(() => undefined, tokenFaultOf);
    assert.equal(fault?.reason, reason);
    if (reason === "key") assert.match(fault?.detail ?? "", /has kid \(none\) for RS256$/);
  }
});

/** What a token has beside issuer, audience, subject and times, by what must be configured for it. */
const CONFIGURED: readonly (readonly [what: string, claims: object, variables?: object])[] = [
  ["a list of audiences", { aud: ["tintype", `${ISSUER}/userinfo`] }],
  ["times with a fraction", { iat: NOW - 10.5, nbf: NOW - 0.25, exp: NOW + 599.75 }],
  ["scopes in scp", { scope: undefined, scp: "images:read images:write" }],
  ["scopes in a list", { scope: undefined, scp: ["images:read", "images:write"] }],
  ["scopes in a list of `scope`", { scope: ["images:read", "images:write"] }],
  ["no time of issue", { iat: undefined }, { IAT_REQUIRED: "false" }],
  ["a life of two days", { exp: NOW + 172_000 }, { TOKEN_MAX_LIFE_SECONDS: "172800" }],
  [
    "a nested tenant and roles",
    { org: { "a/b": "acme" }, roles: ["images:read", "images:write"], [TENANT_CLAIM]: undefined },
    { TENANT_CLAIM: "/org/a~1b", SCOPE_CLAIMS: "roles" },
  ],
];

for (const [what, claims, variables = {}] of CONFIGURED) {
  test(`a token with ${what} is taken`, async () => {
    const token = tokens.signed({ ...claims });
    const { tenant, scopes } = await verifierOf({ TENANT_CLAIM, ...variables })(token);
    assert.deepEqual([tenant, scopes], ["acme", new Set(["images:read", "images:write"])]);
    if (Object.keys(variables).length > 0) assert.ok(await isRefused(token));
  });
}

test("without a time of issue a token ends within the longest life, and PS256 is taken where it is configured alone", async () => {
  const reasonOf = (error: unknown) => tokenFaultOf(error)?.reason;
  const check = verifierOf({ TENANT_CLAIM, IAT_REQUIRED: "false" });
  const of = (exp: number) => check(tokens.signed({ iat: undefined, exp }));
  assert.ok(await of(NOW + 86_400));
  assert.equal(await of(NOW + 86_500).catch(reasonOf), "life");
  const other = verifierOf({ TENANT_CLAIM, TOKEN_ALGORITHMS: "PS256" });
  assert.equal((await other(await tokens.signedWith("PS256"))).subject, "ann");
  assert.ok(await isRefused(await tokens.signedWith("PS256")));
  assert.equal(await other(tokens.signed()).catch(reasonOf), "algorithm");
});

test("what is around a token is no part of it, and its type may be at+jwt (RFC 9068)", async () => {
  for (const text of [`${tokens.signed()}\n`, ` ${tokens.signed()}`]) {
    assert.ok(await isRefused(text));
  }
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
