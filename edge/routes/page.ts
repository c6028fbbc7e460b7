import { type Context, Hono } from "hono";
import * as z from "zod";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import { describe } from "../middleware/describe.ts";
import { pageConfigOf, pagePolicyOf } from "../page_settings.ts";

/** Names of built files hold a hash of their content, so what a name gives never changes. */
const FOREVER = "public, max-age=31536000, immutable";

/** The upload page at `/`, the files that it loads, and what it is configured with. */
export const pageRoutes = new Hono<AppEnv>()
  .get(
    "/",
    describe({ id: "page", summary: "The upload page", responses: { 200: "html" } }),
    (c) => answerPage(c, "/", pagePolicyOf(c.get("services").page)),
  )
  .get(
    "/service_worker.js",
    describe({
      id: "pageServiceWorker",
      summary: "What keeps the upload page's files in the browser",
      responses: { 200: "file" },
    }),
    (c) =>
      answerFile(c, "/service_worker.js", {
        "Content-Type": "text/javascript; charset=utf-8",
        // A worker is held by the policy of its own script.
        "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
      }),
  )
  .get(
    "/manifest.webmanifest",
    describe({
      id: "pageManifest",
      summary: "How the upload page is installed",
      responses: { 200: "file" },
    }),
    (c) => answerFile(c, "/manifest.webmanifest", { "Content-Type": "application/manifest+json" }),
  )
  .get(
    "/page/:file",
    describe({
      id: "pageFile",
      summary: "A file that the upload page loads",
      params: z.object({ file: z.string().regex(/^[A-Za-z0-9._-]+$/) }),
      responses: { 200: "file" },
      problems: ["not_found"],
    }),
    async (c) => {
      const file = await c.get("services").pageFiles.read(`/page/${c.req.param("file")}`);
      if (!file.ok) throw new AppError("not_found", "No file of the page has this name");
      const type = file.headers.get("content-type") ?? "application/octet-stream";
      return new Response(file.body, {
        headers: { "Content-Type": type, "Cache-Control": FOREVER },
      });
    },
  )
  .get(
    "/config.json",
    describe({
      id: "pageConfig",
      summary: "What the upload page is configured with",
      responses: { 200: "json" },
    }),
    (c) => {
      const { page, policy } = c.get("services");
      return c.json(pageConfigOf(page, policy.periodMs));
    },
  );

/** Returns a file whose name stays from build to build, so that it is asked for each time. */
async function answerFile(
  c: Context<AppEnv>,
  path: string,
  headers: Readonly<Record<string, string>>,
) {
  const { body } = await c.get("services").pageFiles.read(path);
  return new Response(body, { headers });
}

/** Answers a page as it was built, under a content security policy of its own. */
export async function answerPage(c: Context<AppEnv>, path: string, policy: string) {
  const { body } = await c.get("services").pageFiles.read(path);
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": policy,
  };
  return new Response(body, { headers });
}
