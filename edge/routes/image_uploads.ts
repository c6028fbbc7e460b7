import { Hono } from "hono";
import type { Context } from "hono";
import { AppError } from "@tintype/core/errors";
import { admitDeclaration, admitHead, imageIdOf } from "@tintype/core/ingest/admission_policy";
import { admitImage } from "@tintype/core/ingest/admit_image";
import { claimOf, existingImage } from "@tintype/core/ingest/start_upload";
import type { ImageId } from "@tintype/core/model/image_id";
import type { AppEnv } from "../app_env.ts";
import { callerOf } from "../middleware/authenticate.ts";
import { requireScope } from "../middleware/require_scope.ts";
import { validate } from "../middleware/validate.ts";
import { imageUploadQuery } from "../schemas.ts";
import { MAX_BODY_BYTES, openBody } from "./_image_body.ts";
import { pathOfImage, purgeAtText, statusOf, type VisibleImage } from "./_image_view.ts";

/** `POST /v1/images`: an image of up to 10 MiB through the edge, streamed. */
export const imageUploadRoutes = new Hono<AppEnv>().post(
  "/v1/images",
  requireScope("images:write"),
  validate("query", imageUploadQuery),
  async (c) => {
    const { imageId: given, sha256, preset } = c.req.valid("query");
    const services = c.get("services");
    const { tenant, owners } = callerOf(c);
    const { clock, plans, policy, random } = services;
    const nowMs = clock.now();
    const plan = plans.planOf(tenant);
    const { imageId, isGiven } = imageIdOf(given, { nowMs, random });
    c.set("imageId", imageId);
    const body = await openBody(c.req.raw);
    const declaration = {
      source: "edge",
      sha256,
      size: body.size,
      preset,
      traceparent: c.get("traceparent"),
    } as const;
    const { contentType } = admitDeclaration(
      { ...declaration, contentType: body.contentType },
      plan,
    );
    if (isGiven) {
      const image = await existingImage(services, { tenant, owners, policy, imageId, nowMs });
      if (image !== undefined) return answerWith(c, imageId, image);
    }
    const head = await body.head();
    admitHead(head, contentType);
    const claim = claimOf({ tenant, plan }, { imageId, bytes: body.size ?? MAX_BODY_BYTES });
    await services.quota.reserve(claim);
    try {
      await body.sendTo((readable, signal) =>
        admitImage({ creator: services.raw }, {
          ref: { tenant, owner: owners[0], imageId },
          plan,
          policy,
          nowMs,
          contentType,
          declaration,
          head,
          body: readable,
        }, { signal }), { sha256, streams: services.streams });
    } catch (error) {
      await releaseAfterRefusal(error, () => services.quota.release(claim));
      throw error;
    }
    // A settlement that fails only counts too many bytes.
    const settled = { ...claim, bytes: body.passedBytes };
    if (body.size === undefined) await services.quota.settle(settled).catch(() => undefined);
    return answerWith(c, imageId, undefined);
  },
);

/** Only a refusal that is ours is definite: after a lost answer the image may be there. */
async function releaseAfterRefusal(error: unknown, release: () => Promise<void>): Promise<void> {
  if (!(error instanceof AppError) || error.kind === "unavailable") return;
  await release().catch(() => undefined);
}

function answerWith(c: Context<AppEnv>, imageId: ImageId, existing: VisibleImage | undefined) {
  return c.json({
    imageId,
    status: existing === undefined ? "processing" : statusOf(existing),
    image: pathOfImage(imageId),
    purgeAt: purgeAtText(imageId, c.get("services").policy),
  }, existing === undefined ? 202 : 200);
}
