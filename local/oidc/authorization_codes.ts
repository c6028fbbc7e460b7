/**
 * OpenID Connect's authorization-code flow with PKCE (RFC 6749, section 4.1; RFC 7636) for development:
 * every caller is let in at once, as `login_hint` or as "me". Everything else is checked as a real provider does.
 */
import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import { issueAccessToken } from "./access_token.ts";
import type { KeyRing } from "./key_ring.ts";
import { invalidRequest } from "./problem.ts";

/** The tenant of everybody who signs in here. */
const TENANT = "demo";
const CODE_LIFE_MS = 60_000;
const TOKEN_SECONDS = 3_600;
const text = z.string().min(1).max(512);
const loopback = z.url().regex(
  /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//,
  "must be on this machine",
);

/** The query of `GET /authorize`. */
const authorizeSchema = z.object({
  response_type: z.literal("code"),
  client_id: text,
  redirect_uri: loopback,
  scope: text,
  state: text,
  nonce: text,
  code_challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  code_challenge_method: z.literal("S256"),
  login_hint: text.default("me"),
});

/** The form of `POST /token`. */
const grantSchema = z.discriminatedUnion("grant_type", [
  z.object({
    grant_type: z.literal("authorization_code"),
    code: text,
    redirect_uri: text,
    client_id: text,
    code_verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/),
  }),
  z.object({ grant_type: z.literal("refresh_token"), refresh_token: text, client_id: text }),
]);

type Asked = z.infer<typeof authorizeSchema>;
type CodeGrant = Extract<z.infer<typeof grantSchema>, { grant_type: "authorization_code" }>;

/** What the flow works with. */
interface AuthorizationCodesOptions {
  readonly keys: KeyRing;
  /** The `iss` claim. */
  readonly issuer: () => string;
  readonly nowMs: () => number;
}

/** Holds what was asked until it is redeemed; each code and each refresh token is good once. */
export class AuthorizationCodes {
  readonly #options: AuthorizationCodesOptions;
  readonly #codes = new Map<string, Asked & { readonly endsAtMs: number }>();
  readonly #refreshTokens = new Map<string, Asked>();

  constructor(options: AuthorizationCodesOptions) {
    this.#options = options;
  }

  /** Where the browser is sent, with its code; throws `invalid_request`. */
  authorize(query: Readonly<Record<string, string>>): string {
    const read = authorizeSchema.safeParse(query);
    if (!read.success) throw invalidRequest("Cannot authorize: parameters are wrong", read.error);
    const code = randomUUID();
    this.#codes.set(code, { ...read.data, endsAtMs: this.#options.nowMs() + CODE_LIFE_MS });
    const url = new URL(read.data.redirect_uri);
    url.searchParams.set("code", code);
    url.searchParams.set("state", read.data.state);
    return url.href;
  }

  /** The tokens of a grant, or undefined where it is not good (`invalid_grant`). */
  async redeem(form: unknown): Promise<Record<string, unknown> | undefined> {
    const read = grantSchema.safeParse(form);
    if (!read.success) return undefined;
    const asked = read.data.grant_type === "refresh_token"
      ? take(this.#refreshTokens, read.data.refresh_token)
      : this.#askedBy(read.data);
    return asked?.client_id === read.data.client_id ? await this.#tokensFor(asked) : undefined;
  }

  #askedBy(grant: CodeGrant): Asked | undefined {
    const asked = take(this.#codes, grant.code);
    const isGood = asked !== undefined && asked.endsAtMs > this.#options.nowMs() &&
      asked.redirect_uri === grant.redirect_uri &&
      asked.code_challenge === createHash("sha256").update(grant.code_verifier).digest("base64url");
    return isGood ? asked : undefined;
  }

  async #tokensFor(asked: Asked): Promise<Record<string, unknown>> {
    const { keys, nowMs } = this.#options;
    const issuer = this.#options.issuer();
    const { login_hint: sub, client_id: aud, scope, nonce } = asked;
    const alg = "ES256";
    const request = { sub, tenant: TENANT, scope, ttlSeconds: TOKEN_SECONDS, alg } as const;
    const iat = Math.floor(nowMs() / 1_000);
    const refreshToken = randomUUID();
    this.#refreshTokens.set(refreshToken, asked);
    return {
      ...await issueAccessToken(request, { keys, issuer, nowMs: nowMs() }),
      id_token: await keys.sign(
        { iss: issuer, aud, sub, nonce, iat, exp: iat + TOKEN_SECONDS, name: sub },
        alg,
      ),
      refresh_token: refreshToken,
      scope,
    };
  }
}

function take<T>(held: Map<string, T>, key: string): T | undefined {
  const value = held.get(key);
  held.delete(key);
  return value;
}
