import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../app_env.ts";
import { answerLimited } from "./_rate_limited.ts";
import { callerOf } from "./authenticate.ts";

/** Limits requests per owner, once the token was verified. */
export const limitOwner: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { ownerLimit } = c.get("services");
  const { tenant, owners } = callerOf(c);
  if (!await ownerLimit.take(`${tenant}/${owners[0]}`)) return answerLimited(c, ownerLimit);
  await next();
};
