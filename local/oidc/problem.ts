import { AppError } from "@tintype/core/errors";
import type { ZodError } from "zod";
import { jsonReply, type Reply } from "../http/call.ts";

const KNOWN: Partial<Record<AppError["code"], readonly [status: number, title: string]>> = {
  invalid_json: [400, "Bad Request"],
  invalid_request: [400, "Bad Request"],
  not_found: [404, "Not Found"],
  method_not_allowed: [405, "Method Not Allowed"],
  too_large: [413, "Content Too Large"],
};

/** The problem (RFC 9457) of an error; one that is no AppError of a known code discloses nothing of itself. */
export function problem(error: unknown, requestId: string): Reply {
  const known = error instanceof AppError ? KNOWN[error.code] : undefined;
  const [status, title] = known ?? [500, "Internal Server Error"];
  const { code, publicMessage: detail, errors } = known !== undefined && error instanceof AppError
    ? error
    : new AppError("internal", "Cannot answer: something went wrong here");
  const body = {
    type: `/problems/${code}`,
    title,
    status,
    detail,
    code,
    requestId,
    ...errors.length > 0 && { errors },
  };
  return jsonReply(status, body, { "Content-Type": "application/problem+json" });
}

/** The error for a body or query whose fields are wrong. */
export function invalidRequest(message: string, { issues }: ZodError): AppError {
  const errors = issues.map(({ path, message }) => ({ path: path.join("."), message }));
  return new AppError("invalid_request", message, { errors });
}
