import { AppError, type FieldError } from "@tintype/core/errors";
import type { Clock } from "@tintype/core/ports/clock";
import * as z from "zod";
import { accessTokenSchema, DEFAULT_SCOPE, issueAccessToken } from "./access_token.ts";
import { AuthorizationCodes } from "./authorization_codes.ts";
import { identityTokenSchema, issueIdentityToken } from "./identity_token.ts";
import { ALGORITHMS, type KeyRing } from "./key_ring.ts";

/** What the routes answer from. */
export interface IssuerRoutesOptions {
  readonly keys: KeyRing;
  /** Its own address without a slash at the end: the `iss` claim of access tokens. */
  readonly issuer: string;
  readonly clock?: Clock;
}

/** A status, a body that is sent as JSON, and headers beside the common ones. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers one method of one path; throws AppError. */
export type Route = (
  readBody: () => Promise<unknown>,
  query: Readonly<Record<string, string>>,
) => Answer | Promise<Answer>;

/** Every path with its methods. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<"GET" | "POST", Route>>>>>;

const NO_STORE = { "cache-control": "no-store" };
const KEYS_CACHE = { "cache-control": "public, max-age=60" };

/** The issuer's paths: keys, tokens, controls. */
export function makeIssuerRoutes({ keys, issuer, clock = Date }: IssuerRoutesOptions): Routes {
  const ok = (body: unknown, headers = {}): Answer => ({ status: 200, body, headers });
  const codes = new AuthorizationCodes({ keys, issuer, nowMs: () => clock.now() });
  return {
    "/healthz": { GET: () => ok({ status: "ok" }) },
    "/.well-known/openid-configuration": { GET: () => ok(discovery(issuer), KEYS_CACHE) },
    "/.well-known/jwks.json": { GET: () => ok(keys.publicKeys(...ALGORITHMS), KEYS_CACHE) },
    "/google/certs": { GET: () => ok(keys.publicKeys("google"), KEYS_CACHE) },
    "/authorize": {
      GET: (_, query) => ({
        status: 302,
        body: undefined,
        headers: { location: codes.authorize(query), ...NO_STORE },
      }),
    },
    "/token": {
      POST: async (readBody) => {
        const asked = await readBody();
        if (isGrant(asked)) {
          const tokens = await codes.redeem(asked);
          // RFC 6749, section 5.2.
          return tokens === undefined
            ? { status: 400, body: { error: "invalid_grant" }, headers: NO_STORE }
            : ok(tokens, NO_STORE);
        }
        const body = check(accessTokenSchema, asked);
        const token = await issueAccessToken(body, { keys, issuer: issuer, nowMs: clock.now() });
        return ok(token, { "cache-control": "no-store" });
      },
    },
    "/google/token": {
      POST: async (readBody) => {
        const body = check(identityTokenSchema, await readBody());
        const token = await issueIdentityToken(body, { keys, nowMs: clock.now() });
        return ok(token, { "cache-control": "no-store" });
      },
    },
    "/_local/rotate": {
      POST: async (readBody) => {
        const { alg, kid } = check(rotateSchema, await readBody() ?? {});
        if (kid !== undefined && !keys.publicKeys(alg).keys.some((key) => key.kid === kid)) {
          throw new AppError("invalid_request", "Cannot sign by that key as it was not announced");
        }
        return ok({ alg, kid: await keys.rotate(alg, kid) });
      },
    },
    "/_local/announce": {
      POST: async (readBody) => {
        const { alg } = check(announceSchema, await readBody() ?? {});
        return ok({ alg, kid: await keys.announce(alg) });
      },
    },
    "/_local": { GET: () => ok({ part: "oidc", controls: CONTROLS }) },
  };
}

const announceSchema = z.strictObject({ alg: z.enum([...ALGORITHMS, "google"]).default("ES256") });
const rotateSchema = announceSchema.extend({ kid: z.string().optional() });

const CONTROLS = [
  {
    method: "POST",
    path: "/token",
    body: "{sub, tenant, scope?, ttlSeconds?, alg?: ES256 | RS256 | EdDSA}",
    does:
      `signs an access token; scope is "${DEFAULT_SCOPE}" and ttlSeconds 3600 where not given; ` +
      "a negative ttlSeconds makes one that has ended",
  },
  {
    method: "GET",
    path: "/authorize",
    body: "OpenID Connect's authorization request with PKCE (S256); login_hint names the subject",
    does: "lets whoever asks in at once; POST /token takes the code, and refresh tokens",
  },
  {
    method: "POST",
    path: "/_local/rotate",
    body: "{alg?: ES256 | RS256 | EdDSA | google, kid?}",
    does:
      "puts a new signing key in front (ES256 where not given), or the announced one of that kid; " +
      "the old one stays published",
  },
  {
    method: "POST",
    path: "/_local/announce",
    body: "{alg?: ES256 | RS256 | EdDSA | google}",
    does: "publishes a new key that does not sign yet",
  },
  {
    method: "POST",
    path: "/google/token",
    body: "{audience, email}",
    does: "signs the identity token of a service account, as Google's metadata server does",
  },
];

/** Whether a body is an OAuth client's, rather than a wish for a token of one's choice. */
function isGrant(body: unknown): boolean {
  return typeof body === "object" && body !== null && "grant_type" in body;
}

function discovery(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    token_endpoint: `${issuer}/token`,
    id_token_signing_alg_values_supported: ALGORITHMS,
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
    subject_types_supported: ["public"],
  };
}

function check<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const errors: FieldError[] = read.error.issues.map(({ path, message }) => ({
    path: path.join("."),
    message,
  }));
  throw new AppError("invalid_request", "Cannot use this body as fields are wrong", { errors });
}
