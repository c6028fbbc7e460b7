import { createHmac, createPrivateKey, sign } from "node:crypto";
import {
  base64url,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  SignJWT,
} from "jose";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { dayOf } from "@tintype/core/model/utc_day";
import { hmacGrantTokens } from "./adapters/grant_tokens.ts";

/** For whom tokens are made, and when. */
interface TokenMakerOptions {
  readonly issuer: string;
  readonly tenantClaim: string;
  readonly nowSeconds: number;
}

type Claims = Readonly<Record<string, unknown>>;

/** Good tokens of a kind, and how each can be wrong. */
interface TokenKind {
  readonly claims: Claims;
  readonly header: Claims;
  readonly sign: (text: string) => Buffer;
  readonly wrongClaims: Readonly<Record<string, Claims>>;
  readonly wrongHeaders: Readonly<Record<string, Claims>>;
  readonly forged: Readonly<Record<string, string>>;
}

const ALGORITHMS = ["RS256", "ES256", "EdDSA", "PS256"] as const;
const pairs = Object.fromEntries(
  await Promise.all(
    ALGORITHMS.map(async (alg) =>
      [alg, await generateKeyPair(alg, { extractable: true })] as const
    ),
  ),
) as Record<typeof ALGORITHMS[number], Awaited<ReturnType<typeof generateKeyPair>>>; // one each
const signingKey = createPrivateKey(await exportPKCS8(pairs.ES256.privateKey));
const other = await generateKeyPair("ES256", { extractable: true });

/** The public keys of the tokens that are made here. */
export const JWKS = {
  keys: await Promise.all(
    Object.entries(pairs).map(async ([alg, { publicKey }]) => ({
      ...await exportJWK(publicKey),
      kid: alg,
      use: "sig",
    })),
  ),
};

/** Makes an issuer's tokens, good ones and every kind of bad one. */
export function makeTokens(options: TokenMakerOptions) {
  const { issuer, tenantClaim, nowSeconds } = options;
  const claims = {
    iss: issuer,
    aud: "tintype",
    sub: "ann",
    [tenantClaim]: "acme",
    scope: "images:read  images:write",
    iat: nowSeconds - 10,
    exp: nowSeconds + 600,
  };
  const header = { alg: "ES256", kid: "ES256" };
  const sign = signByIssuer;
  return {
    /** A token with claims and headers changed; `undefined` leaves one out. */
    signed: (changes: Claims = {}, head: Claims = {}) =>
      compact({ ...claims, ...changes }, { ...header, ...head }, sign),
    signedWith: (alg: typeof ALGORITHMS[number], all: Claims = claims, head: Claims = {}) =>
      new SignJWT(all).setProtectedHeader({ alg, kid: alg, ...head }).sign(pairs[alg].privateKey),
    bad: async () =>
      badTokens({
        claims,
        header,
        sign,
        wrongClaims: wrongClaims(options),
        wrongHeaders: await wrongHeaders(),
        forged: await forged(claims),
      }),
  };
}

const GRANT_SECRET = "grant-key-of-token-tests-0123456789";

/** Makes grants under `secret`, a good one and every kind of bad one. */
export async function makeGrants(nowSeconds: number, secret: string = GRANT_SECRET) {
  const tokens = await hmacGrantTokens({ now: () => nowSeconds * 1_000 }, secret);
  const good = await tokens.sign({
    grantId: crypto.randomUUID(),
    tenant: parseTenant("acme"),
    owners: { [dayOf(nowSeconds * 1_000)]: parseOwner("a".repeat(20)) },
    count: 3,
    issuedAtMs: (nowSeconds - 10) * 1_000,
    endsAtMs: (nowSeconds + 600) * 1_000,
  });
  const [claims, header]: Claims[] = [decodeJwt(good), { ...decodeProtectedHeader(good) }];
  const hmacBy = (key: string) => (text: string) => createHmac("sha256", key).update(text).digest();
  const ofIssuer = wrongClaims({ issuer: "urn:tintype:edge", tenantClaim: "tenant", nowSeconds });
  const owners = { [dayOf(nowSeconds * 1_000)]: "somebody" };
  const ofKey = { alg: "ES256", kid: "ES256" };
  const publicKey = await exportSPKI(pairs.ES256.publicKey);
  const issuers = { iss: "https://issuer.test", aud: "tintype", sub: "ann", tenant: "acme" };
  const hasEffect = (change: Claims) =>
    Object.entries(change).some(([name, value]) => value !== undefined || name in (claims ?? {}));
  const bad = async () =>
    badTokens({
      claims: claims ?? {},
      header: header ?? {},
      sign: hmacBy(secret),
      wrongClaims: {
        // What an issuer's token has and a grant does not cannot be left out.
        ...Object.fromEntries(Object.entries(ofIssuer).filter(([, change]) => hasEffect(change))),
        "a subject": { sub: "ann" },
        "another scope": { scope: "images:write images:read images:delete" },
        "no id": { jti: undefined },
        "no owner": { owners: undefined },
        "an owner that is none": { owners },
        "no count": { count: undefined },
        "a count of nothing": { count: 0 },
        "a type that is no image's": { contentTypes: ["text/html"] },
        "an end within the tolerance": { exp: nowSeconds - 1 },
      },
      wrongHeaders: { ...await wrongHeaders(), "another alg of the same key": { alg: "HS512" } },
      forged: {
        "somebody else's secret": compact(claims, header, hmacBy("x".repeat(40))),
        "an issuer's key": compact(claims, { ...header, alg: "ES256" }, signByIssuer),
        "an issuer's key and id": compact(claims, { ...header, ...ofKey }, signByIssuer),
        "an issuer's public key as the secret": compact(claims, header, hmacBy(publicKey)),
        "the claims of an issuer's token": compact(issuers, header, hmacBy(secret)),
      },
    });
  return { good, tokens, bad };
}

/** Each kind of bad token by what is wrong with it. */
function badTokens(kind: TokenKind): Readonly<Record<string, string>> {
  const { claims, header } = kind;
  const signed = (changes: Claims = {}, head: Claims = {}) =>
    compact({ ...claims, ...changes }, { ...header, ...head }, kind.sign);
  const twice = '"tenant":"x","t\\u0065nant":"y","iat"';
  const tenantTwice = JSON.stringify(claims).replace('"iat"', twice);
  return {
    ...mapValues(kind.wrongClaims, (changes) => signed(changes)),
    ...mapValues(kind.wrongHeaders, (head) => signed({}, head)),
    ...kind.forged,
    ...damaged(signed()),
    "a filler over 8 KiB": signed({ filler: "x".repeat(8_192) }),
    "a claim given twice": compact(tenantTwice, header, kind.sign),
  };
}

function mapValues<In>(values: Readonly<Record<string, In>>, change: (value: In) => string) {
  return Object.fromEntries(Object.entries(values).map(([name, each]) => [name, change(each)]));
}

/** A token of any claims, or of any text, whatever the header says of its signature. */
function compact(
  payload: Claims | string | undefined,
  head: Claims | undefined,
  sign: TokenKind["sign"],
): string {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const text = `${base64url.encode(JSON.stringify(head))}.${base64url.encode(body)}`;
  return `${text}.${sign(text).toString("base64url")}`;
}

function signByIssuer(text: string): Buffer {
  return sign("sha256", Buffer.from(text), { key: signingKey, dsaEncoding: "ieee-p1363" });
}

function wrongClaims(
  { issuer, tenantClaim, nowSeconds: NOW }: TokenMakerOptions,
): Record<string, Claims> {
  return {
    "another issuer": { iss: "https://other.test" },
    "an issuer with a slash more": { iss: `${issuer}/` },
    "no issuer": { iss: undefined },
    "a list of issuers": { iss: [issuer] },
    "another audience": { aud: "other" },
    "no audience": { aud: undefined },
    "a list of other audiences": { aud: ["other"] },
    "a list of audiences that holds more than texts": { aud: ["tintype", 7] },
    "no end": { exp: undefined },
    "an end as text": { exp: String(NOW + 600) },
    "a life of more than a day": { exp: NOW - 10 + 86_401 },
    "an end beyond numbers": { exp: 1e300 },
    "a start as text": { nbf: String(NOW) },
    "no time of issue": { iat: undefined },
    "a time of issue as text": { iat: String(NOW) },
    "a time of issue far ahead": { iat: NOW + 86_400 },
    "no subject": { sub: undefined },
    "an empty subject": { sub: "" },
    "a subject as a number": { sub: 7 },
    "a subject as a list": { sub: ["ann"] },
    "a subject too long": { sub: "a".repeat(257) },
    "no tenant": { [tenantClaim]: undefined },
    "a tenant as a list": { [tenantClaim]: ["acme"] },
    "a tenant that is a path": { [tenantClaim]: "acme/../other" },
    "a tenant in upper case": { [tenantClaim]: "ACME" },
    "no scope": { scope: undefined },
    "a scope as a list of numbers": { scope: [7] },
    "a scope as an object": { scope: { images: "read" } },
  };
}

async function wrongHeaders(): Promise<Record<string, Claims>> {
  return {
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
}

/** Tokens of somebody who does not have the issuer's keys. */
async function forged(claims: Claims): Promise<Record<string, string>> {
  const header = { alg: "ES256", kid: "ES256" };
  const grantKey = new TextEncoder().encode(GRANT_SECRET);
  const secret = new TextEncoder().encode(await exportSPKI(pairs.RS256.publicKey));
  const hmac = (head: { alg: string; kid?: string }) =>
    new SignJWT(claims).setProtectedHeader(head).sign(secret);
  return {
    "somebody else's signature": await new SignJWT(claims).setProtectedHeader(header)
      .sign(other.privateKey),
    "the public key as the secret of an HMAC": await hmac({ alg: "HS256", kid: "RS256" }),
    "the public key as the secret of an HMAC, without a key id": await hmac({ alg: "HS256" }),
    "a grant's key": await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(grantKey),
    "another key's id": await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "ES256" })
      .sign(pairs.RS256.privateKey),
  };
}

function damaged(good: string): Record<string, string> {
  const [head = "", body = "", signature = ""] = good.split(".");
  const tokens = {
    "nothing": "",
    "a dot": ".",
    "two dots": "..",
    "no signature": `${head}.${body}`,
    "an empty signature": `${head}.${body}.`,
    "an empty body": `${head}..${signature}`,
    "a dot behind": `${good}.`,
    "padding behind": `${good}=`,
    "a part more": `${good}.${signature}`,
    "a signature cut": good.slice(0, -2),
    // The last character has four bits to spare, which decode to nothing.
    "a signature spelled otherwise": good.slice(0, -1) +
      String.fromCharCode(good.charCodeAt(good.length - 1) + 1),
    "a signature of zeros": `${head}.${body}.${"A".repeat(signature.length)}`,
    "a body cut": `${head}.${body.slice(0, -4)}.${signature}`,
    "padding within": `${head}=.${body}.${signature}`,
    "a body that is no JSON": `${head}.bm90IGpzb24.${signature}`,
  };
  return Object.fromEntries(
    Object.entries(tokens).map(([name, token]) => [`${name} (damaged)`, token]),
  );
}
