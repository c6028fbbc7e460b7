import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { AppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import {
  type Answer,
  type IssuerRoutesOptions,
  makeIssuerRoutes,
  type Routes,
} from "./issuer_routes.ts";
import { problem } from "./problem.ts";
import { requestUrl } from "../request_url.ts";

/** What the issuer is made of. */
export interface IssuerAppOptions extends IssuerRoutesOptions {
  readonly log?: Log;
}

const MAX_BODY_BYTES = 65_536;
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers": "content-type, traceparent",
  "access-control-max-age": "600",
};
/** Paths that pages of any origin may call. */
const CORS_PATHS = /^\/(token|\.well-known\/.*)$/;

/** Answers the issuer's requests: keys, tokens, controls; errors are problems (RFC 9457). */
export function makeIssuerApp(options: IssuerAppOptions): RequestListener {
  const routes = makeIssuerRoutes(options);
  return async (request, response) => {
    const requestId = randomUUID();
    const { method = "GET" } = request;
    const { pathname: path } = requestUrl(request);
    const answer = await answerRequest(routes, request, path).catch((error) => {
      if (!(error instanceof AppError)) options.log?.error("request_failed", { requestId });
      return problem(error, requestId);
    });
    const { status, headers = {}, body } = answer;
    response.writeHead(status, {
      "content-type": "application/json",
      "x-request-id": requestId,
      ...(status === 405 ? { allow: allowed(routes, path) } : {}),
      ...(CORS_PATHS.test(path) ? CORS : {}),
      ...headers,
    });
    response.end(status === 204 || method === "HEAD" ? undefined : JSON.stringify(body));
    if (path === "/healthz") return;
    const shownPath = Object.hasOwn(routes, path) ? path : "(unknown)";
    options.log?.info("request", { requestId, method, path: shownPath, status });
  };
}

async function answerRequest(
  routes: Routes,
  request: IncomingMessage,
  path: string,
): Promise<Answer> {
  if (request.method === "OPTIONS") return { status: 204, body: undefined };
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) throw new AppError("not_found", `Cannot find ${path}`);
  const { method = "GET" } = request;
  const handle = method === "POST" ? route.POST : isRead(method) ? route.GET : undefined;
  if (handle === undefined) {
    const methods = allowed(routes, path);
    throw new AppError("method_not_allowed", `Cannot ${method} ${path} as it takes ${methods}`);
  }
  const { searchParams } = requestUrl(request);
  return await handle(() => readBody(request), Object.fromEntries(searchParams));
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** Parses the body (JSON, or a form), read to its end so that a refusal reaches whoever sends; undefined where it is empty. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size <= MAX_BODY_BYTES) parts.push(part);
  }
  if (size > MAX_BODY_BYTES) {
    const limit = `must be <= ${MAX_BODY_BYTES} bytes: current size is ${size}`;
    throw new AppError("too_large", `Cannot read body as it ${limit}`);
  }
  if (size === 0) return undefined;
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString()));
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch (cause) {
    throw new AppError("invalid_json", "Cannot read body as it is not JSON", { cause });
  }
}

function allowed(routes: Routes, path: string): string {
  return Object.keys(routes[path] ?? {}).join(", ");
}
