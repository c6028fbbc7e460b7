import type { Clock } from "@tintype/core/ports/clock";
import type * as z from "zod";
import { jsonReply, type Reply } from "../http/call.ts";
import { accessTokenSchema, issueAccessToken } from "./access_token.ts";
import { AuthorizationCodes } from "./authorization_codes.ts";
import { identityTokenSchema, issueIdentityToken } from "./identity_token.ts";
import { ALGORITHMS, type KeyRing } from "./key_ring.ts";
import { invalidRequest } from "./problem.ts";

/** What the provider works with. */
export interface OidcOptions {
  readonly keys: KeyRing;
  /** Its own address without a slash at the end: the `iss` claim of access tokens. */
  readonly issuer: () => string;
  readonly clock?: Clock;
}

/** Answers one method of one path; throws AppError. */
type Route = (
  readBody: () => Promise<unknown>,
  query: Readonly<Record<string, string>>,
) => Reply | Promise<Reply>;

/** Every path with its methods. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<"GET" | "POST", Route>>>>>;

const NO_STORE = { "cache-control": "no-store" };
const KEYS_CACHE = { "cache-control": "public, max-age=60" };

/** The provider's paths: keys and tokens. */
export function makeOidcRoutes({ keys, issuer, clock = Date }: OidcOptions): Routes {
  const nowMs = () => clock.now();
  const published = (body: unknown) => jsonReply(200, body, KEYS_CACHE);
  const secret = (body: unknown, status = 200) => jsonReply(status, body, NO_STORE);
  const codes = new AuthorizationCodes({ keys, issuer, nowMs });
  return {
    "/.well-known/openid-configuration": { GET: () => published(discovery(issuer())) },
    "/.well-known/jwks.json": { GET: () => published(keys.publicKeys(...ALGORITHMS)) },
    "/google/certs": { GET: () => published(keys.publicKeys("google")) },
    "/authorize": {
      GET: (_, query) => ({
        status: 302,
        headers: { location: codes.authorize(query), ...NO_STORE },
      }),
    },
    "/token": {
      async POST(readBody) {
        const asked = await readBody();
        if (isGrant(asked)) {
          const tokens = await codes.redeem(asked);
          // RFC 6749, section 5.2.
          return tokens === undefined ? secret({ error: "invalid_grant" }, 400) : secret(tokens);
        }
        const body = check(accessTokenSchema, asked);
        return secret(await issueAccessToken(body, { keys, issuer: issuer(), nowMs: nowMs() }));
      },
    },
    "/google/token": {
      async POST(readBody) {
        const body = check(identityTokenSchema, await readBody());
        return secret(await issueIdentityToken(body, keys, nowMs()));
      },
    },
  };
}

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
  throw invalidRequest("Cannot use this body: fields are wrong", read.error);
}
