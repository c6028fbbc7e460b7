import { Hono } from "hono";
import { AppError } from "@tintype/core/errors";
import { parseImageId } from "@tintype/core/model/image_id";
import { findErasure } from "@tintype/core/reading/find_erasure";
import { phaseOf } from "@tintype/core/retention/policy";
import type { AppEnv } from "../app_env.ts";
import { callerOf, requireScope } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { validate } from "../middleware/validate.ts";
import { erasureState, imageParam, noQuery } from "../schemas.ts";
import { isoOf } from "./_image_view.ts";

/** `GET /v1/erasures/{id}`: how far an erasure is, to the owner who asked for it, until the image's retention period is over. */
export const erasureRoutes = new Hono<AppEnv>().get(
  "/v1/erasures/:id",
  describe({
    id: "readErasure",
    summary: "How far an erasure is",
    responses: { 200: erasureState },
    problems: ["not_found"],
  }),
  requireScope("images:delete"),
  validate("param", imageParam),
  validate("query", noQuery),
  async (c) => {
    const { raw, processed, policy, clock } = c.get("services");
    const { tenant, owners } = callerOf(c);
    const imageId = parseImageId(c.req.valid("param").id);
    c.set("imageId", imageId);
    const found = await findErasure({ raw, processed }, { tenant, owners, imageId });
    if (found === null || phaseOf(imageId, policy, clock.now()) === "expired") {
      throw new AppError("not_found", "There is no such erasure");
    }
    const { requestedAtMs, erasedAtMs } = found;
    return c.json({
      imageId,
      status: erasedAtMs === undefined ? "accepted" : "erased",
      requestedAt: isoOf(requestedAtMs),
      ...(erasedAtMs === undefined ? {} : { erasedAt: isoOf(erasedAtMs) }),
    });
  },
);
