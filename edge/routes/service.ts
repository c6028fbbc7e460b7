/** The service itself: whether it is up, its contract, and what its problems mean. */
import { Hono } from "hono";
import { html } from "hono/html";
import * as z from "zod";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import { SCOPES } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { METADATA_PATH } from "../problem.ts";
import { EXPLAINED_CODES, explanationOf } from "../reason_help.ts";
import { health, resourceMetadata } from "../schemas.ts";
import { answerPage } from "./page.ts";

/** The viewer's own script and style, and images that its style brings along; it asks nobody but this worker. */
const VIEWER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The upload page's colours and faces, in a few lines. */
const STYLE = `
  :root { color-scheme: light dark; }
  body {
    max-width: 44rem; margin: 4rem auto; padding: 0 1rem;
    background: light-dark(#f5f2ec, #161412); color: light-dark(#1e1a16, #f2ede5);
    font: 1rem/1.5 system-ui, sans-serif;
  }
  h1 { font: 400 2.25rem/1.15 Palatino, Georgia, serif; }
  a, code { color: light-dark(#7f4a1e, #e2aa74); }
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
      summary: "What a problem, or the reason of a rejected image, means",
      params: z.object({ code: z.enum(EXPLAINED_CODES) }),
      responses: { 200: "html" },
      problems: ["not_found"],
    }),
    (c) => {
      const explanation = explanationOf(c.req.param("code"));
      if (explanation === undefined) throw new AppError("not_found", "Unknown code");
      const { label, title, help } = explanation;
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
            <p><code>${label}</code></p>
            <p>${help}</p>
            <p><a href="/docs">HTTP interface</a></p>
          </body>
        </html>
      `);
    },
  );
