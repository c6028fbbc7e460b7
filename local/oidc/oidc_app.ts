import * as z from "zod";
import { type Call, jsonReply, readText, type Reply } from "../http/call.ts";
import { parseDeclared, parseJson } from "../http/declared_body.ts";
import { DeclaredRoutes, type Route, withBody } from "../http/declared_routes.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import { Refusal, type RefusalKind } from "../http/refusal.ts";
import { AuthorizationCodes, authorizeSchema, grantSchema } from "./authorization_codes.ts";
import { ALGORITHMS } from "./key_ring.ts";
import { oidcControls } from "./oidc_controls.ts";
import {
  accessTokenSchema,
  identityTokenSchema,
  issueAccessToken,
  issueIdentityToken,
  type Issuer,
} from "./tokens.ts";

const MAX_BODY_BYTES = 65_536;
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers": "content-type, traceparent",
  "access-control-max-age": "600",
};
/** Paths that pages of any origin may call. */
const CORS_PATHS = /^\/(token|\.well-known\/.*)$/;
const NO_STORE = { "cache-control": "no-store" };
const KEYS_CACHE = { "cache-control": "public, max-age=60" };
const ACCOUNTS = {
  keeper: "keeper@tintype-local.iam.gserviceaccount.com",
  scheduler: "scheduler@tintype-local.iam.gserviceaccount.com",
} as const;
const REFUSALS = {
  not_emulated: { status: 501, error: "not_emulated" },
  invalid: { status: 400, error: "invalid_request" },
  malformed: { status: 400, error: "invalid_request" },
  too_large: { status: 413, error: "invalid_request" },
} as const satisfies Record<RefusalKind, { readonly status: number; readonly error: string }>;

const generateSchema = z.strictObject({
  audience: z.string().min(1).max(2_048),
  includeEmail: z.literal(true),
});

/** The OIDC provider's app: keys, tokens, controls; errors have the form of RFC 6749, section 5.2. */
export function makeOidcApp(issuer: Issuer): EmulatorApp {
  const routes = new DeclaredRoutes(ROUTES, { maxBodyBytes: MAX_BODY_BYTES });
  const context = { ...issuer, codes: new AuthorizationCodes(issuer) };
  return {
    async answer(call) {
      const isPreflight = call.method === "OPTIONS" && CORS_PATHS.test(call.path);
      return withCors(call, isPreflight ? { status: 204 } : await routes.answer(context, call));
    },
    failure(error, call) {
      const refused = error instanceof Refusal ? error : undefined;
      const { status, error: code } = refused === undefined
        ? { status: 500, error: "server_error" }
        : REFUSALS[refused.kind];
      const body = { error: code, error_description: refused?.message };
      return withCors(call, jsonReply(status, body));
    },
    controls: oidcControls(issuer.keys),
    routes: routes.describe(),
  };
}

/** What routes are given. */
interface OidcContext extends Issuer {
  readonly codes: AuthorizationCodes;
}

const published = (body: unknown) => jsonReply(200, body, KEYS_CACHE);
const secret = (body: unknown, status = 200) => jsonReply(status, body, NO_STORE);

function withCors({ path }: Call, reply: Reply): Reply {
  return CORS_PATHS.test(path) ? { ...reply, headers: { ...CORS, ...reply.headers } } : reply;
}

const ROUTES: Readonly<Record<string, Route<OidcContext>>> = {
  "GET /.well-known/openid-configuration": { run: ({ issuer }) => published(discovery(issuer())) },
  "GET /.well-known/jwks.json": { run: ({ keys }) => published(keys.publicKeys(...ALGORITHMS)) },
  "GET /google/certs": { run: ({ keys }) => published(keys.publicKeys("google")) },
  "GET /authorize": {
    query: Object.keys(authorizeSchema.shape).join(" "),
    run({ codes }, { query }) {
      const asked = parseDeclared(authorizeSchema, Object.fromEntries(query));
      return { status: 302, headers: { location: codes.authorize(asked), ...NO_STORE } };
    },
  },
  "POST /token": {
    async run(context, { body, headers }) {
      const text = await readText(body, MAX_BODY_BYTES);
      if (text === undefined) throw new Refusal("too_large", `Over ${MAX_BODY_BYTES} bytes`);
      if (!headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
        const asked = parseDeclared(accessTokenSchema, parseJson(text, false));
        return secret(await issueAccessToken(context, asked));
      }
      const form = Object.fromEntries(new URLSearchParams(text));
      const tokens = await context.codes.redeem(parseDeclared(grantSchema, form));
      return tokens === undefined ? secret({ error: "invalid_grant" }, 400) : secret(tokens);
    },
  },
  "POST /google/token": withBody(identityTokenSchema, {
    run: async (issuer, _, asked) => secret(await issueIdentityToken(issuer, asked)),
  }),
  // As the keeper's instances reach it (https://cloud.google.com/run/docs/securing/service-identity).
  "GET /computeMetadata/v1/instance/service-accounts/default/identity": {
    query: "audience format=full",
    async run(issuer, { query, headers }): Promise<Reply> {
      if (headers["metadata-flavor"] !== "Google") return { status: 403 };
      const asked = { audience: query.get("audience") ?? "", email: ACCOUNTS.keeper };
      const made = await issueIdentityToken(issuer, parseDeclared(identityTokenSchema, asked));
      const flavor = { "metadata-flavor": "Google", ...NO_STORE };
      return { status: 200, headers: flavor, body: made.id_token };
    },
  },
  // The IAM credentials API, by which operators get the scheduler's token for a job of the keeper.
  [`POST /v1/projects/-/serviceAccounts/${ACCOUNTS.scheduler}:generateIdToken`]: withBody(
    generateSchema,
    {
      async run(issuer, _, { audience }) {
        const made = await issueIdentityToken(issuer, { audience, email: ACCOUNTS.scheduler });
        return secret({ token: made.id_token });
      },
    },
  ),
};

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
