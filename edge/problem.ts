import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { AppError, type ErrorCode, type LimitState } from "@tintype/core/errors";
import type { AppEnv } from "./app_env.ts";
import { tokenFaultOf } from "./token_refusal.ts";
import { isProblemCode, PROBLEM_TYPES, type ProblemCode } from "./problem_types.ts";

/** The problem of each error that has none of its name: a new one does not compile until the edge has answered it. */
const PROBLEM_OF = {
  missing_subject: "internal",
  invalid_record: "internal",
  timestamp_out_of_range: "internal",
  storage_refused: "internal",
  invalid_config: "unavailable",
  too_late: "conflict",
} as const satisfies Record<Exclude<ErrorCode, ProblemCode>, ProblemCode>;

/** Codes whose message stays inside: they speak of us, not of the request. */
const PRIVATE: ReadonlySet<ErrorCode> = new Set([
  "invalid_config",
  "missing_subject",
  "invalid_record",
  "timestamp_out_of_range",
  "storage_refused",
  "internal",
]);

const DEFAULT_RETRY_MS = 1_000;
/** Structured fields hold no larger integer (RFC 9651, section 3.3.1). */
const MAX_FIELD_INTEGER = 999_999_999_999_999;

/** The one place where errors become answers (RFC 9457). */
export function answerProblem(thrown: unknown, c: Context<AppEnv>): Response {
  const error = appErrorOf(thrown);
  const code = codeOf(error);
  c.set("errorCode", error.code);
  c.set("refusal", tokenFaultOf(error)?.reason);
  const { status } = PROBLEM_TYPES[code];
  if (status >= 500) logFailure(error, c);
  return new Response(JSON.stringify(problemOf(error, c)), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headersOf(code, error, c) },
  });
}

/** An error as the document that is returned. */
export function problemOf(error: AppError, c: Context<AppEnv>) {
  const code = codeOf(error);
  const { status, title } = PROBLEM_TYPES[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: PRIVATE.has(error.code) ? title : error.publicMessage,
    code,
    requestId: c.get("requestId"),
    ...(error.errors.length > 0 && status < 500 ? { errors: error.errors } : {}),
  };
}

function codeOf({ code }: AppError): ProblemCode {
  return isProblemCode(code) ? code : PROBLEM_OF[code];
}

/** Answers a path that is there under other methods: 405, or for OPTIONS what they are. */
export function answerMethods(c: Context<AppEnv>, methods: string[]): Response {
  const allow = [...methods, "OPTIONS"].join(", ");
  if (c.req.method === "OPTIONS") {
    return new Response(null, { status: 204, headers: { Allow: allow } });
  }
  const answer = answerProblem(
    new AppError("method_not_allowed", `Cannot take this method as the page takes ${allow}`),
    c,
  );
  answer.headers.set("Allow", allow);
  return answer;
}

function headersOf(code: ProblemCode, error: AppError, c: Context<AppEnv>): Record<string, string> {
  if (code === "unauthenticated") {
    const hasToken = c.req.header("authorization") !== undefined;
    // Without a token nothing is said of an error (RFC 6750, section 3).
    const parameters = hasToken ? { error: "invalid_token" } : { realm: "tintype" };
    return { "WWW-Authenticate": challengeOf(c, parameters) };
  }
  if (code === "rate_limited" || code === "quota_exceeded" || code === "unavailable") {
    return retryHeaders(error);
  }
  return {};
}

/** Where the protected resource's metadata lies (RFC 9728, section 3). */
export const METADATA_PATH = "/.well-known/oauth-protected-resource";

/** A challenge (RFC 6750, section 3) with the address at which a client finds the issuer (RFC 9728, section 5.1). */
export function challengeOf(c: Context<AppEnv>, parameters: Readonly<Record<string, string>>) {
  const resource_metadata = new URL(METADATA_PATH, c.req.url).href;
  const all = Object.entries({ ...parameters, resource_metadata });
  return `Bearer ${all.map(([name, value]) => `${name}="${value}"`).join(", ")}`;
}

/** When to try again, and the limits that were met. */
export function retryHeaders({ retryAfterMs, limits }: AppError): Record<string, string> {
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? DEFAULT_RETRY_MS) / 1_000));
  return { "Retry-After": String(seconds), ...limitHeaders(limits, seconds) };
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10, where a limit was met. */
function limitHeaders(limits: readonly LimitState[], seconds: number): Record<string, string> {
  if (limits.length === 0) return {};
  const integer = (value: number) => Math.min(Math.max(0, value), MAX_FIELD_INTEGER);
  const policies = limits.map(({ name, quota, windowSeconds, unit }) =>
    `"${name}";q=${integer(quota)};w=${windowSeconds}${unit === undefined ? "" : `;qu="${unit}"`}`
  );
  const states = limits.map(({ name, remaining }) =>
    `"${name}";r=${integer(remaining)};t=${seconds}`
  );
  return { "RateLimit-Policy": policies.join(", "), RateLimit: states.join(", ") };
}

function appErrorOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  // Hono throws it for a body that is not JSON, and nothing else.
  if (thrown instanceof HTTPException) {
    return new AppError("invalid_json", "Cannot read body as it is not JSON");
  }
  return new AppError("internal", "Cannot answer", { cause: thrown });
}

/** Names and places only: messages of unknown errors may hold addresses with signatures. */
function logFailure(error: AppError, c: Context<AppEnv>): void {
  const cause = error.cause instanceof Error ? error.cause : undefined;
  c.get("log").error("failure", {
    requestId: c.get("requestId"),
    code: error.code,
    message: error.publicMessage,
    cause: cause?.name,
    causeMessage: cause instanceof AppError ? cause.publicMessage : undefined,
    at: placesOf(cause ?? error),
  });
}

function placesOf(error: Error): string {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return frames.slice(0, 4).map((line) => line.trim().replace(/\s*\(.*[/\\]/, " (")).join(" < ");
}
