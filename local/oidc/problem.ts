import { AppError } from "@tintype/core/errors";
import type { Answer } from "./issuer_routes.ts";

const STATUS_OF: Partial<Record<AppError["code"], { status: number; title: string }>> = {
  invalid_json: { status: 400, title: "The body is not JSON" },
  invalid_request: { status: 400, title: "The request is not valid" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  too_large: { status: 413, title: "The body is too large" },
};

/** The problem (RFC 9457) that an error is answered with; what is not an AppError of a known code says nothing of itself. */
export function problem(error: unknown, requestId: string): Answer {
  const found = error instanceof AppError ? STATUS_OF[error.code] : undefined;
  const { status, title } = found ?? { status: 500, title: "Internal error" };
  const known = found !== undefined && error instanceof AppError ? error : undefined;
  const code = known?.code ?? "internal";
  const detail = known?.publicMessage ?? "Cannot answer as something went wrong here";
  const errors = known === undefined || known.errors.length === 0 ? {} : { errors: known.errors };
  const body = { type: `/problems/${code}`, title, status, detail, code, requestId, ...errors };
  return { status, body, headers: { "content-type": "application/problem+json" } };
}
