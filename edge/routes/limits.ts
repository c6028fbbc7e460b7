import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { grantedPlan } from "../granted.ts";
import { callerOf, requireScopeOrGrant } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { validate } from "../middleware/validate.ts";
import { limits, noQuery } from "../schemas.ts";
import { isoOf } from "./_image_view.ts";

/** `GET /v1/limits`: what a client may send, so that it knows before it reads a file. */
export const limitsRoutes = new Hono<AppEnv>().get(
  "/v1/limits",
  describe({
    id: "readLimits",
    summary: "What the caller may upload, and what is left of the tenant's day (UTC)",
    responses: { 200: limits },
  }),
  requireScopeOrGrant("images:write"),
  validate("query", noQuery),
  async (c) => {
    const { tenant, grant } = callerOf(c);
    const { tenants, quota, ownerLimit, clock } = c.get("services");
    const plan = grantedPlan(await tenants.planOf(tenant), grant);
    const { images, bytes, endsInMs } = await quota.used(tenant);
    const imagesLeft = Math.max(0, plan.imagesPerDay - images);
    // Of the tenant's day a guest learns no more than where it ends their own grant.
    const most = grant?.count ?? plan.imagesPerDay;
    return c.json({
      contentTypes: [...plan.allowedTypes],
      maxBytes: plan.maxBytes,
      presets: Object.keys(plan.presets),
      requestsPerMinute: ownerLimit.requests * 60 / ownerLimit.windowSeconds,
      images: { perDay: most, left: Math.min(most, imagesLeft) },
      ...(grant !== undefined ? {} : {
        bytes: { perDay: plan.bytesPerDay, left: Math.max(0, plan.bytesPerDay - bytes) },
      }),
      resetsAt: isoOf(clock.now() + endsInMs),
    });
  },
);
