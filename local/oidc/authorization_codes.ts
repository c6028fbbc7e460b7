/**
 * OpenID Connect's authorization-code flow with PKCE (RFC 6749, section 4.1; RFC 7636) for development:
 * every caller is let in at once, as `login_hint` or as "me". Everything else is checked as a real provider does.
 */
import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import { NOT_EMULATED } from "../http/declared_body.ts";
import { accessTokenSchema, issueAccessToken, type Issuer } from "./tokens.ts";

/** The tenant of everybody who signs in here. */
const TENANT = "demo";
const CODE_LIFE_MS = 60_000;
const text = z.string().min(1).max(512);
const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//;

/** The query of `GET /authorize`. */
export const authorizeSchema = z.object({
  response_type: z.literal("code"),
  client_id: text,
  redirect_uri: z.url().regex(LOOPBACK, "must be on this machine"),
  scope: text,
  state: text,
  nonce: text,
  code_challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  code_challenge_method: z.literal("S256"),
  login_hint: text.default("me"),
});

/** The form of `POST /token`. */
export const grantSchema = z.discriminatedUnion("grant_type", [
  z.strictObject({
    grant_type: z.literal("authorization_code"),
    code: text,
    redirect_uri: text,
    client_id: text,
    code_verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/),
  }),
  z.strictObject({
    grant_type: z.literal("refresh_token"),
    refresh_token: text,
    client_id: text,
  }),
], NOT_EMULATED);

type Asked = z.infer<typeof authorizeSchema>;
type Grant = z.infer<typeof grantSchema>;
type CodeGrant = Extract<Grant, { grant_type: "authorization_code" }>;

/** Holds what was asked until it is redeemed; each code and each refresh token is good once. */
export class AuthorizationCodes {
  readonly #issuer: Issuer;
  readonly #codes = new Map<string, Asked & { readonly endsAtMs: number }>();
  readonly #refreshTokens = new Map<string, Asked>();

  constructor(issuer: Issuer) {
    this.#issuer = issuer;
  }

  /** Where the browser is sent, with its code. */
  authorize(asked: Asked): string {
    const code = randomUUID();
    this.#codes.set(code, { ...asked, endsAtMs: Date.now() + CODE_LIFE_MS });
    const url = new URL(asked.redirect_uri);
    url.searchParams.set("code", code);
    url.searchParams.set("state", asked.state);
    return url.href;
  }

  /** The tokens of a grant, or undefined where it is not good (`invalid_grant`). */
  async redeem(grant: Grant): Promise<Record<string, unknown> | undefined> {
    const asked = grant.grant_type === "refresh_token"
      ? take(this.#refreshTokens, grant.refresh_token)
      : this.#askedBy(grant);
    return asked?.client_id === grant.client_id ? await this.#tokensFor(asked) : undefined;
  }

  #askedBy(grant: CodeGrant): Asked | undefined {
    const asked = take(this.#codes, grant.code);
    const isGood = asked !== undefined && asked.endsAtMs > Date.now() &&
      asked.redirect_uri === grant.redirect_uri &&
      asked.code_challenge === createHash("sha256").update(grant.code_verifier).digest("base64url");
    return isGood ? asked : undefined;
  }

  async #tokensFor(asked: Asked): Promise<Record<string, unknown>> {
    const { login_hint: sub, client_id: aud, scope, nonce } = asked;
    const request = accessTokenSchema.parse({ sub, tenant: TENANT, scope });
    const answer = await issueAccessToken(this.#issuer, request);
    const iat = Math.floor(Date.now() / 1_000);
    const life = { iat, exp: iat + answer.expires_in };
    const claims = { iss: this.#issuer.issuer(), aud, sub, nonce, name: sub, ...life };
    const refreshToken = randomUUID();
    this.#refreshTokens.set(refreshToken, asked);
    const id_token = await this.#issuer.keys.sign(claims, request.alg);
    return { ...answer, id_token, refresh_token: refreshToken, scope };
  }
}

function take<T>(held: Map<string, T>, key: string): T | undefined {
  const value = held.get(key);
  held.delete(key);
  return value;
}
