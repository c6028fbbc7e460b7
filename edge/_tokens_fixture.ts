import { createPrivateKey, sign } from "node:crypto";
import { base64url, exportJWK, exportPKCS8, exportSPKI, generateKeyPair, SignJWT } from "jose";

/** For whom tokens are made, and when. */
interface TokenMakerOptions {
  readonly issuer: string;
  readonly tenantClaim: string;
  readonly nowSeconds: number;
}

const pairs = {
  RS256: await generateKeyPair("RS256", { extractable: true }),
  ES256: await generateKeyPair("ES256", { extractable: true }),
  EdDSA: await generateKeyPair("EdDSA", { extractable: true }),
};
const signingKey = createPrivateKey(await exportPKCS8(pairs.ES256.privateKey));
const other = await generateKeyPair("ES256", { extractable: true });
const header = { alg: "ES256", kid: "ES256" };

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

/** Makes tokens, good ones and every kind of bad one. */
export function makeTokens({ issuer, tenantClaim, nowSeconds }: TokenMakerOptions) {
  const claims = {
    iss: issuer,
    aud: "tintype",
    sub: "ann",
    [tenantClaim]: "acme",
    scope: "images:read  images:write",
    iat: nowSeconds - 10,
    exp: nowSeconds + 600,
  };
  /** A token with claims and headers changed; `undefined` leaves one out. */
  const signed = (changes: Record<string, unknown> = {}, head: Record<string, unknown> = {}) =>
    raw(JSON.stringify({ ...claims, ...changes }), { ...header, ...head });
  return {
    signed,
    signedWith: (alg: keyof typeof pairs) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid: alg }).sign(pairs[alg].privateKey),
    bad: async (): Promise<Readonly<Record<string, string>>> => ({
      ...mapValues(wrongClaims({ issuer, tenantClaim, nowSeconds }), (changes) => signed(changes)),
      ...mapValues(await wrongHeaders(), (head) => signed({}, head)),
      ...await forged(claims),
      ...damaged(signed()),
      "a filler over 8 KiB": signed({ filler: "x".repeat(8_192) }),
      "a claim given twice": raw(
        JSON.stringify(claims).replace('"sub"', '"sub":"bob","s\\u0075b"'),
        header,
      ),
    }),
  };
}

function mapValues<In>(values: Readonly<Record<string, In>>, change: (value: In) => string) {
  return Object.fromEntries(Object.entries(values).map(([name, each]) => [name, change(each)]));
}

/** Signs any text, whatever the header says of it. */
function raw(payload: string, head: Record<string, unknown>): string {
  const text = `${base64url.encode(JSON.stringify(head))}.${base64url.encode(payload)}`;
  const options = { key: signingKey, dsaEncoding: "ieee-p1363" } as const;
  return `${text}.${sign("sha256", Buffer.from(text), options).toString("base64url")}`;
}

function wrongClaims(
  { issuer, tenantClaim, nowSeconds: NOW }: TokenMakerOptions,
): Record<string, Record<string, unknown>> {
  return {
    "another issuer": { iss: "https://other.test" },
    "an issuer with a slash more": { iss: `${issuer}/` },
    "no issuer": { iss: undefined },
    "a list of issuers": { iss: [issuer] },
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
    "no tenant": { [tenantClaim]: undefined },
    "a tenant as a list": { [tenantClaim]: ["acme"] },
    "a tenant that is a path": { [tenantClaim]: "acme/../other" },
    "a tenant in upper case": { [tenantClaim]: "ACME" },
    "no scope": { scope: undefined },
    "a scope as a list": { scope: ["images:read"] },
  };
}

async function wrongHeaders(): Promise<Record<string, Record<string, unknown>>> {
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
async function forged(claims: Record<string, unknown>): Promise<Record<string, string>> {
  const secret = new TextEncoder().encode(await exportSPKI(pairs.RS256.publicKey));
  const hmac = (head: { alg: string; kid?: string }) =>
    new SignJWT(claims).setProtectedHeader(head).sign(secret);
  return {
    "somebody else's signature": await new SignJWT(claims).setProtectedHeader(header)
      .sign(other.privateKey),
    "the public key as the secret of an HMAC": await hmac({ alg: "HS256", kid: "RS256" }),
    "the public key as the secret of an HMAC, without a key id": await hmac({ alg: "HS256" }),
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
