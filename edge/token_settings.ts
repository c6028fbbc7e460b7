import * as z from "zod";

/** The signature algorithms of access tokens (RFC 7518, RFC 8037, RFC 9864), with the kind of key each takes. */
export const TOKEN_ALGORITHMS = {
  RS256: { kty: "RSA", crv: undefined },
  RS384: { kty: "RSA", crv: undefined },
  RS512: { kty: "RSA", crv: undefined },
  PS256: { kty: "RSA", crv: undefined },
  PS384: { kty: "RSA", crv: undefined },
  PS512: { kty: "RSA", crv: undefined },
  ES256: { kty: "EC", crv: "P-256" },
  ES384: { kty: "EC", crv: "P-384" },
  ES512: { kty: "EC", crv: "P-521" },
  EdDSA: { kty: "OKP", crv: "Ed25519" },
  Ed25519: { kty: "OKP", crv: "Ed25519" },
} as const;

/** A signature algorithm of access tokens: none of them has a shared secret. */
export type TokenAlgorithm = keyof typeof TOKEN_ALGORITHMS;

const text = z.string().min(1);
const list = z.string().transform((value) => value.split(",").map((each) => each.trim()));

/** Claims by name, or by JSON pointer (RFC 6901) where they lie in another one: `/o/slg`. */
const claims = list.pipe(z.array(text).min(1).max(4));
const algorithms = list.pipe(
  z.array(z.enum(
    Object.keys(TOKEN_ALGORITHMS) as [TokenAlgorithm, ...TokenAlgorithm[]], // keys of a const table
  )).min(1),
);
const MONTH_SECONDS = 30 * 86_400;

/** The variables that say which access tokens are taken. */
export const tokenSettings = z.strictObject({
  ISSUER: text,
  AUDIENCE: text,
  TENANT_CLAIM: text.default("tenant"),
  /** The first of them that a token has holds its scopes. */
  SCOPE_CLAIMS: claims.prefault("scope,scp"),
  TOKEN_ALGORITHMS: algorithms.prefault("RS256,ES256,EdDSA"),
  IAT_REQUIRED: z.enum(["true", "false"]).default("true"),
  TOKEN_MAX_LIFE_SECONDS: z.coerce.number().int().min(60).max(MONTH_SECONDS).default(86_400),
});

/** Which access tokens are taken, as configured. */
export type TokenSettings = z.infer<typeof tokenSettings>;
