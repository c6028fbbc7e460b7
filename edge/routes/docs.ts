import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { describe } from "../middleware/describe.ts";

/** The viewer's own script and style, and images that its style brings along; it asks nobody but this worker. */
const VIEWER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** `GET /openapi.json` as `deno task generate` wrote it, and the same document in Swagger UI at `GET /docs`. */
export const docsRoutes = new Hono<AppEnv>()
  .get(
    "/openapi.json",
    describe({ id: "openapi", summary: "This document", responses: { 200: "json" } }),
    async (c) => {
      const { body } = await c.get("services").pageFiles.read("/openapi.json");
      return new Response(body, { headers: { "Content-Type": "application/json" } });
    },
  )
  .get(
    "/docs",
    describe({ id: "docs", summary: "This document in a viewer", responses: { 200: "html" } }),
    async (c) => {
      const { body } = await c.get("services").pageFiles.read("/docs");
      return new Response(body, {
        headers: {
          "Content-Type": "text/html; charset=utf-8",
          "Content-Security-Policy": VIEWER_POLICY,
        },
      });
    },
  );
