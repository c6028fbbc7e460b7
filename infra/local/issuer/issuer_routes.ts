import { AppError, type FieldError } from "@tintype/core/errors";
import type { Clock } from "@tintype/core/ports/clock";
import * as z from "zod";
import { accessTokenSchema, DEFAULT_SCOPE, issueAccessToken } from "./access_token.ts";
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
export type Route = (readBody: () => Promise<unknown>) => Answer | Promise<Answer>;

/** Every path with its methods. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<"GET" | "POST", Route>>>>>;

const KEYS_CACHE = { "cache-control": "public, max-age=60" };

/** The issuer's paths: keys, tokens, controls. */
export function makeIssuerRoutes({ keys, issuer, clock = Date }: IssuerRoutesOptions): Routes {
  const ok = (body: unknown, headers = {}): Answer => ({ status: 200, body, headers });
  return {
    "/healthz": { GET: () => ok({ status: "ok" }) },
    "/.well-known/openid-configuration": { GET: () => ok(discovery(issuer), KEYS_CACHE) },
    "/.well-known/jwks.json": { GET: () => ok(keys.publicKeys(...ALGORITHMS), KEYS_CACHE) },
    "/google/certs": { GET: () => ok(keys.publicKeys("google"), KEYS_CACHE) },
    "/token": {
      POST: async (readBody) => {
        const body = check(accessTokenSchema, await readBody());
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
        const { alg } = check(rotateSchema, await readBody() ?? {});
        return ok({ alg, kid: await keys.rotate(alg) });
      },
    },
    "/_local": { GET: () => ok({ part: "issuer", controls: CONTROLS }) },
  };
}

const rotateSchema = z.strictObject({ alg: z.enum([...ALGORITHMS, "google"]).default("ES256") });

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
    method: "POST",
    path: "/_local/rotate",
    body: "{alg?: ES256 | RS256 | EdDSA | google}",
    does: "puts a new signing key in front (ES256 where not given); the old one stays published",
  },
  {
    method: "POST",
    path: "/google/token",
    body: "{audience, email}",
    does: "signs the identity token of a service account, as Google's metadata server does",
  },
];

function discovery(issuer: string) {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    token_endpoint: `${issuer}/token`,
    id_token_signing_alg_values_supported: ALGORITHMS,
    response_types_supported: ["token"],
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
