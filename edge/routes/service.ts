/** The service itself: whether it is up, its contract, and what its problems mean. */
import { Hono } from "hono";
import { html } from "hono/html";
import * as z from "zod";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import { SCOPES } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { METADATA_PATH } from "../problem.ts";
import { isProblemCode, PROBLEM_TYPES } from "../problem_types.ts";
import { health, problemCode, resourceMetadata } from "../schemas.ts";
import { answerPage } from "./page.ts";

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

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
  h1 { font-size: 1.6rem; } code { font-size: .9em; }
`;

/**
 * `GET /healthz`: the edge is up and its bindings are right; `GET /.well-known/oauth-protected-resource`: who issues tokens; `GET /openapi.json` as `deno task generate` wrote it, and the
 * same document in Swagger UI at `GET /docs`; `GET /problems/{code}` without scripts and with one style, by a nonce.
 */
export const serviceRoutes = new Hono<AppEnv>()
  .get(
    "/healthz",
    describe({ id: "health", summary: "Whether the service is up", responses: { 200: health } }),
    (c) => c.json({ status: "ok" }),
  )
  .get(
    "/openapi.json",
    describe({ id: "openapi", summary: "This document", responses: { 200: "json" } }),
    async (c) => {
      const { body } = await c.get("services").pageFiles.read("/openapi.json");
      return new Response(body, { headers: { "Content-Type": "application/json" } });
    },
  )
  .get(
    METADATA_PATH,
    describe({
      id: "resourceMetadata",
      summary: "Whose tokens are taken here, for clients that look for it (RFC 9728)",
      responses: { 200: resourceMetadata },
    }),
    (c) => {
      // Nothing in it is private, and pages of any origin may look for the issuer.
      c.header("Access-Control-Allow-Origin", "*");
      c.header("Cross-Origin-Resource-Policy", "cross-origin");
      const { origin } = new URL(c.req.url);
      return c.json({
        resource: origin,
        authorization_servers: [c.get("services").issuer],
        scopes_supported: [...SCOPES],
        bearer_methods_supported: ["header"],
        resource_documentation: `${origin}/docs`,
      });
    },
  )
  .get(
    "/docs",
    describe({ id: "docs", summary: "This document in a viewer", responses: { 200: "html" } }),
    (c) => answerPage(c, "/docs", VIEWER_POLICY),
  )
  .get(
    "/problems/:code",
    describe({
      id: "problem",
      summary: "What a problem means",
      params: z.object({ code: problemCode }),
      responses: { 200: "html" },
      problems: ["not_found"],
    }),
    (c) => {
      const code = c.req.param("code");
      if (!isProblemCode(code)) throw new AppError("not_found", "There is no such problem");
      const { status, title, help } = PROBLEM_TYPES[code];
      const nonce = crypto.randomUUID();
      c.header(
        "Content-Security-Policy",
        `default-src 'none'; style-src 'nonce-${nonce}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
      );
      return c.html(html`
        <!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>${title} · Tintype</title>
            <style nonce="${nonce}">${STYLE}</style>
          </head>
          <body>
            <h1>${title}</h1>
            <p><code>${status} ${code}</code></p>
            <p>${help}</p>
          </body>
        </html>
      `);
    },
  );
