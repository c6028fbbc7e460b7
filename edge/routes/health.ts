import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { describe } from "../middleware/describe.ts";
import { health } from "../schemas.ts";

/** `GET /healthz`: the edge is up and its bindings are right; reports nothing more. */
export const healthRoutes = new Hono<AppEnv>().get(
  "/healthz",
  describe({ id: "health", summary: "Whether the service is up", responses: { 200: health } }),
  (c) => c.json({ status: "ok" }),
);
