import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";

/** `GET /healthz`: the edge is up and its bindings are right; tells nothing more. */
export const healthRoutes = new Hono<AppEnv>().get("/healthz", (c) => c.json({ status: "ok" }));
