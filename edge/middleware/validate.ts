import { zValidator } from "@hono/zod-validator";
import type { ValidationTargets } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { MiddlewareHandler } from "hono";
import type * as z from "zod";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";

const MAX_JSON_BYTES = 16_384;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** Checks a part of the request against its schema; throws `invalid_request` that names each wrong field. */
export function validate<Target extends keyof ValidationTargets, Schema extends z.ZodType>(
  target: Target,
  schema: Schema,
) {
  return zValidator(target, schema, (result) => {
    if (!result.success) throw invalidRequest(result.error);
  });
}

/** Lets a JSON body of at most 16,384 bytes pass; throws `unsupported_type` for others and `too_large`. */
export const jsonBody: readonly [MiddlewareHandler<AppEnv>, MiddlewareHandler<AppEnv>] = [
  async (c, next) => {
    if (
      !JSON_TYPE.test(c.req.header("content-type") ?? "") ||
      isEncoded(c.req.header("content-encoding"))
    ) {
      throw new AppError("unsupported_type", "Cannot read body as it must be application/json");
    }
    await next();
  },
  bodyLimit({
    maxSize: MAX_JSON_BYTES,
    onError: () => {
      throw new AppError("too_large", `Cannot read body as it must be <= ${MAX_JSON_BYTES} bytes`);
    },
  }),
];

/** Whether a body is compressed: no door takes one. */
export function isEncoded(contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity";
}

function invalidRequest(error: { readonly issues: readonly z.core.$ZodIssue[] }): AppError {
  const errors = error.issues.flatMap((issue) => {
    const path = issue.path.join(".");
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({ path: join(path, key), message: "is not known here" }));
  }).slice(0, 20);
  const list = errors.map(({ path, message }) => `${path || "body"}: ${message}`).join("; ");
  return new AppError("invalid_request", `Cannot take request as ${list}`, { errors });
}

function join(path: string, key: string): string {
  const shown = key.length <= 64 ? key : `${key.slice(0, 64)}…`;
  return path === "" ? shown : `${path}.${shown}`;
}
