import { Hono } from "hono";
import { html } from "hono/html";
import * as z from "zod";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import { describe } from "../middleware/describe.ts";
import { isProblemCode, PROBLEM_TYPES } from "../problem_types.ts";
import { problemCode } from "../schemas.ts";
import { answerPage } from "./_page.ts";

/** `GET /problems/{code}`: what a problem's type means. */
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
    return answerPage(
      c,
      title,
      html`
        <p><code>${status} ${code}</code></p>
        <p>${help}</p>
      `,
    );
  },
);
