import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { AppError } from "@tintype/core/errors";
import * as z from "zod";
import { type Call, jsonReply, readText, type Reply } from "../http/call.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import { AuthorizationCodes, authorizeSchema } from "./authorization_codes.ts";
import { ALGORITHMS } from "./key_ring.ts";
import { OIDC_DOCS, oidcControls } from "./oidc_controls.ts";
import {
  accessTokenSchema,
  identityTokenSchema,
  issueAccessToken,
  issueIdentityToken,
  type Issuer,
} from "./tokens.ts";

/** Answers one method of one path; throws AppError. */
type Route = (call: Call) => Reply | Promise<Reply>;

/** Every path with its methods. */
type Routes = Readonly<Record<string, Readonly<Partial<Record<"GET" | "POST", Route>>>>>;

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
const STATUSES: Readonly<Partial<Record<AppError["code"], number>>> = {
  invalid_json: 400,
  invalid_request: 400,
  not_found: 404,
  method_not_allowed: 405,
  too_large: 413,
};

/** The OIDC provider's app: keys, tokens, controls; errors are problems (RFC 9457). */
export function makeOidcApp(issuer: Issuer): EmulatorApp {
  const routes = routesOf(issuer);
  return {
    answer: async (call) => withHeaders(call, await route(routes, call)),
    failure(error, call) {
      const requestId = randomUUID();
      const reply = withHeaders(call, problem(error, requestId), requestId);
      return reply.status === 405
        ? { ...reply, headers: { ...reply.headers, allow: allowed(routes, call.path) } }
        : reply;
    },
    controls: oidcControls(issuer.keys),
    docs: OIDC_DOCS,
  };
}

const SCHEDULER_ACCOUNT = "scheduler@tintype-local.iam.gserviceaccount.com";
const generateSchema = z.strictObject({
  audience: z.string().min(1).max(2_048),
  includeEmail: z.literal(true),
});
/** The service account that the metadata server is asked by. */
const METADATA_ACCOUNT = "keeper@tintype-local.iam.gserviceaccount.com";

function routesOf(issuer: Issuer): Routes {
  const { keys } = issuer;
  const published = (body: unknown) => jsonReply(200, body, KEYS_CACHE);
  const secret = (body: unknown, status = 200) => jsonReply(status, body, NO_STORE);
  const codes = new AuthorizationCodes(issuer);
  return {
    "/.well-known/openid-configuration": { GET: () => published(discovery(issuer.issuer())) },
    "/.well-known/jwks.json": { GET: () => published(keys.publicKeys(...ALGORITHMS)) },
    "/google/certs": { GET: () => published(keys.publicKeys("google")) },
    "/authorize": {
      GET({ query }) {
        const location = codes.authorize(check(authorizeSchema, Object.fromEntries(query)));
        return { status: 302, headers: { location, ...NO_STORE } };
      },
    },
    "/token": {
      async POST(call) {
        const asked = await readBody(call);
        // An OAuth client's, rather than a wish for a token of one's choice.
        if (typeof asked === "object" && asked !== null && "grant_type" in asked) {
          const tokens = await codes.redeem(asked);
          // RFC 6749, section 5.2.
          return tokens === undefined ? secret({ error: "invalid_grant" }, 400) : secret(tokens);
        }
        return secret(await issueAccessToken(issuer, check(accessTokenSchema, asked)));
      },
    },
    // As the keeper's instances reach it (https://cloud.google.com/run/docs/securing/service-identity).
    "/computeMetadata/v1/instance/service-accounts/default/identity": {
      async GET({ query, headers }) {
        if (headers["metadata-flavor"] !== "Google") return { status: 403 };
        const asked = { audience: query.get("audience") ?? "", email: METADATA_ACCOUNT };
        const { id_token } = await issueIdentityToken(issuer, check(identityTokenSchema, asked));
        return {
          status: 200,
          headers: { "metadata-flavor": "Google", ...NO_STORE },
          body: id_token,
        };
      },
    },
    // The IAM credentials API, by which operators get the scheduler's token for a job of the keeper.
    [`/v1/projects/-/serviceAccounts/${SCHEDULER_ACCOUNT}:generateIdToken`]: {
      async POST(call) {
        const { audience } = check(generateSchema, await readBody(call));
        const asked = { audience, email: SCHEDULER_ACCOUNT };
        return secret({ token: (await issueIdentityToken(issuer, asked)).id_token });
      },
    },
    "/google/token": {
      async POST(call) {
        const asked = check(identityTokenSchema, await readBody(call));
        return secret(await issueIdentityToken(issuer, asked));
      },
    },
  };
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

function withHeaders({ path }: Call, reply: Reply, requestId: string = randomUUID()): Reply {
  const cors = CORS_PATHS.test(path) ? CORS : {};
  return { ...reply, headers: { "x-request-id": requestId, ...cors, ...reply.headers } };
}

async function route(routes: Routes, call: Call): Promise<Reply> {
  const { method, path } = call;
  if (method === "OPTIONS") return { status: 204 };
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods === undefined) throw new AppError("not_found", `Cannot find ${path}`);
  const isRead = method === "GET" || method === "HEAD";
  const handle = method === "POST" ? methods.POST : isRead ? methods.GET : undefined;
  if (handle !== undefined) return await handle(call);
  const text = `Cannot ${method} ${path}: the method must be ${allowed(routes, path)}`;
  throw new AppError("method_not_allowed", text);
}

function allowed(routes: Routes, path: string): string {
  return Object.keys(routes[path] ?? {}).join(", ");
}

/** Parses the body (JSON, or a form); undefined where it is empty. */
async function readBody({ body, headers }: Call): Promise<unknown> {
  const text = await readText(body, MAX_BODY_BYTES);
  if (text === undefined) {
    throw new AppError("too_large", `Cannot read body: it must be at most ${MAX_BODY_BYTES} bytes`);
  }
  if (text === "") return undefined;
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_json", "Cannot read body: it is not JSON", { cause });
  }
}

function check<Schema extends z.ZodType>(schema: Schema, asked: unknown): z.infer<Schema> {
  const read = schema.safeParse(asked);
  if (read.success) return read.data;
  const errors = read.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new AppError("invalid_request", "Cannot use this request: fields are wrong", { errors });
}

/** The problem of an error; one that is no AppError of a known code discloses nothing of itself. */
function problem(error: unknown, requestId: string): Reply {
  const known = error instanceof AppError ? STATUSES[error.code] : undefined;
  const { code, publicMessage: detail, errors } = known !== undefined && error instanceof AppError
    ? error
    : new AppError("internal", "Cannot answer: something went wrong here");
  const status = known ?? 500;
  const about = { type: `/problems/${code}`, title: STATUS_CODES[status], status, detail, code };
  const body = { ...about, requestId, ...errors.length > 0 && { errors } };
  return jsonReply(status, body, { "Content-Type": "application/problem+json" });
}
