import { Hono } from "hono";
import { html } from "hono/html";
import * as z from "zod";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import { describe } from "../middleware/describe.ts";
import { isProblemCode, PROBLEM_TYPES } from "../problem_types.ts";
import { problemCode } from "../schemas.ts";

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
  h1 { font-size: 1.6rem; } code { font-size: .9em; }
`;

/** `GET /problems/{code}`: what a problem's type means, without scripts and with one style, by a nonce. */
export const problemRoutes = new Hono<AppEnv>().get(
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
