import { randomUUID } from "node:crypto";
import { AppError } from "@tintype/core/errors";
import { type Call, readText, type Reply } from "../http/call.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import { makeOidcRoutes, type OidcOptions, type Routes } from "./oidc_routes.ts";
import { OIDC_DOCS, oidcControls } from "./oidc_controls.ts";
import { problem } from "./problem.ts";

const MAX_BODY_BYTES = 65_536;
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers": "content-type, traceparent",
  "access-control-max-age": "600",
};
/** Paths that pages of any origin may call. */
const CORS_PATHS = /^\/(token|\.well-known\/.*)$/;

/** The OIDC provider's app: keys, tokens, controls; errors are problems (RFC 9457). */
export function makeOidcApp(options: OidcOptions): EmulatorApp {
  const routes = makeOidcRoutes(options);
  return {
    answer: async (call) => withHeaders(call, await route(routes, call)),
    failure(error, call) {
      const requestId = randomUUID();
      const reply = withHeaders(call, problem(error, requestId), requestId);
      return reply.status === 405
        ? { ...reply, headers: { ...reply.headers, allow: allowed(routes, call.path) } }
        : reply;
    },
    controls: oidcControls(options.keys),
    docs: OIDC_DOCS,
  };
}

function withHeaders({ path }: Call, reply: Reply, requestId: string = randomUUID()): Reply {
  const cors = CORS_PATHS.test(path) ? CORS : {};
  return { ...reply, headers: { "x-request-id": requestId, ...cors, ...reply.headers } };
}

async function route(routes: Routes, call: Call): Promise<Reply> {
  const { method, path, query } = call;
  if (method === "OPTIONS") return { status: 204 };
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods === undefined) throw new AppError("not_found", `Cannot find ${path}`);
  const isRead = method === "GET" || method === "HEAD";
  const handle = method === "POST" ? methods.POST : isRead ? methods.GET : undefined;
  if (handle !== undefined) return await handle(() => readBody(call), Object.fromEntries(query));
  throw new AppError(
    "method_not_allowed",
    `Cannot ${method} ${path}: the method must be ${allowed(routes, path)}`,
  );
}

/** Parses the body (JSON, or a form); undefined where it is empty. */
async function readBody({ body, headers }: Call): Promise<unknown> {
  const text = await readText(body, MAX_BODY_BYTES);
  if (text === undefined) {
    throw new AppError("too_large", `Cannot read body: it must be at most ${MAX_BODY_BYTES} bytes`);
  }
  if (text === "") return undefined;
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_json", "Cannot read body: it is not JSON", { cause });
  }
}

function allowed(routes: Routes, path: string): string {
  return Object.keys(routes[path] ?? {}).join(", ");
}
