import { Hono } from "hono";
import { AppError } from "@tintype/core/errors";
import type { AppEnv } from "../app_env.ts";
import { grantedPlan } from "../granted.ts";
import { callerOf, requireScope } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { jsonBody, validate } from "../middleware/validate.ts";
import { openGrant } from "../open_grant.ts";
import { grantBody, grantParam, madeGrant, noQuery } from "../schemas.ts";
import { isoOf } from "./_image_view.ts";

/** Grants: what a backend gives to somebody without a token, and takes back. */
export const grantRoutes = new Hono<AppEnv>();

grantRoutes.post(
  "/v1/grants",
  describe({
    id: "makeGrant",
    summary: "Let somebody without a token upload for a subject of one's tenant",
    responses: { 201: madeGrant },
    problems: [
      "invalid_json",
      "too_large",
      "unsupported_type",
      "quota_exceeded",
    ],
  }),
  requireScope("images:grant"),
  validate("query", noQuery),
  jsonBody,
  validate("json", grantBody),
  async (c) => {
    const asked = c.req.valid("json");
    const services = c.get("services");
    const { tenant } = callerOf(c);
    const plan = grantedPlan(await services.tenants.planOf(tenant), asked);
    if (plan.allowedTypes.length === 0) {
      throw new AppError("unsupported_type", "Cannot grant: the plan allows none of contentTypes");
    }
    const { grantId, token, endsAtMs } = await openGrant(services, tenant, asked);
    return c.json({ grantId, token, expiresAt: isoOf(endsAtMs) }, 201);
  },
);

grantRoutes.delete(
  "/v1/grants/:id",
  describe({
    id: "revokeGrant",
    summary: "Take a grant back: it starts nothing and shows nothing any more",
    responses: { 204: "none" },
    problems: ["not_found"],
  }),
  requireScope("images:grant"),
  validate("param", grantParam),
  validate("query", noQuery),
  async (c) => {
    const { tenant } = callerOf(c);
    const grantId = c.req.valid("param").id.toLowerCase();
    if (await c.get("services").grants.revoke({ tenant, grantId })) return c.body(null, 204);
    throw new AppError("not_found", "The grant does not exist, or has ended");
  },
);
