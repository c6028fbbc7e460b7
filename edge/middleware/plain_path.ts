import type { MiddlewareHandler } from "hono";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";

/** What all of the edge's paths are written with. */
const PLAIN = /^(?:\/[A-Za-z0-9._-]*)+$/;

/** Throws `not_found` for a path with escapes or other characters: one page has one spelling, for routes and limits alike. */
export const plainPath: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { url } = c.req;
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const path = url.slice(start).split(/[?#]/, 1)[0] ?? "";
  if (!PLAIN.test(path)) {
    throw new AppError("not_found", "Nothing is served at this path: /openapi.json lists what is");
  }
  await next();
};
