import { zValidator } from "@hono/zod-validator";
import type { Context, MiddlewareHandler, ValidationTargets } from "hono";
import { bodyLimit } from "hono/body-limit";
import type * as z from "zod";
import { AppError } from "@tintype/core/errors";
import { shapeOf } from "../json_shape.ts";
import type { AppEnv } from "../app_env.ts";
import { withFacts } from "./describe.ts";

const MAX_JSON_LEVELS = 8;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** Checks a part of the request against its schema; throws `invalid_request` that names each wrong field. */
export function validate<Target extends keyof ValidationTargets, Schema extends z.ZodType>(
  target: Target,
  schema: Schema,
) {
  const check = zValidator(target, schema, (result) => {
    if (!result.success) throw invalidRequest(result.error);
  });
  if (target !== "query") return withFacts(check, { [target]: schema });
  // No query is the common one, and always reads the same.
  const none = schema.safeParse({});
  const checkQuery: typeof check = async (c, next) => {
    if (c.req.url.includes("?") || !none.success) return await check(c, next);
    c.req.addValidatedData("query", none.data as object); // what zValidator itself would add
    await next();
  };
  return withFacts(checkQuery, { query: schema });
}

/**
 * Lets a JSON body pass of at most so many bytes and 8 levels that names nothing twice; throws `unsupported_type` for
 * others, `too_large`, `invalid_json` and `invalid_request`.
 */
export function jsonBodyUpTo(maxBytes: number): MiddlewareHandler<AppEnv> {
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new AppError("too_large", `Cannot read body: it must be at most ${maxBytes} bytes`);
    },
  });
  return async (c, next) => {
    if (
      !JSON_TYPE.test(c.req.header("content-type") ?? "") ||
      isEncoded(c.req.header("content-encoding"))
    ) {
      throw new AppError("unsupported_type", "Cannot read body as it must be application/json");
    }
    admitJson(await wholeText(c, { limit, maxBytes }));
    await next();
  };
}

/** The same, of at most 16,384 bytes. */
export const jsonBody = jsonBodyUpTo(16_384);

interface BodyLimit {
  readonly limit: MiddlewareHandler;
  readonly maxBytes: number;
}

async function wholeText(c: Context<AppEnv>, { limit, maxBytes }: BodyLimit): Promise<string> {
  try {
    // A body that says its size is read at once; the limiter would take it as a stream.
    if (!saysSmall(c, maxBytes)) await limit(c, () => Promise.resolve());
    return await c.req.text(); // Kept by Hono for the validator behind.
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_request", "Cannot read body as it broke off");
  }
}

/** Whether the runtime itself ends the body within the limit. */
function saysSmall(c: Context<AppEnv>, maxBytes: number): boolean {
  const { headers } = c.req.raw;
  if (headers.has("transfer-encoding")) return false;
  const length = headers.get("content-length");
  return length !== null && Number(length) <= maxBytes;
}

function admitJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new AppError("invalid_json", "Cannot read body as it is not JSON");
  }
  const { levels, namesTwice } = shapeOf(text);
  if (levels > MAX_JSON_LEVELS) {
    throw new AppError(
      "invalid_request",
      `Cannot read body: it must nest at most ${MAX_JSON_LEVELS} levels`,
    );
  }
  if (namesTwice) {
    throw new AppError("invalid_request", "Cannot read body as an object names a field twice");
  }
}

/** Whether a body is compressed: no source takes one. */
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
