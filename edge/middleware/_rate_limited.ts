import type { Context } from "hono";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import type { RateLimit } from "../ports.ts";
import { answerProblem } from "../problem.ts";

/** The answer to a request over a limit. */
export function answerLimited(c: Context<AppEnv>, limit: RateLimit): Response {
  const { name, requests, windowSeconds } = limit;
  const error = new AppError(
    "rate_limited",
    `Cannot take more than ${requests} requests in ${windowSeconds} seconds for one ${name}`,
    {
      retryAfterMs: windowSeconds * 1_000,
      limits: [{ name, quota: requests, remaining: 0, windowSeconds }],
    },
  );
  return answerProblem(error, c);
}
