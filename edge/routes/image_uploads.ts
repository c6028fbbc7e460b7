import { Hono } from "hono";
import type { Context } from "hono";
import { AppError } from "@tintype/core/errors";
import { admitDeclaration, admitHead, imageIdOf } from "@tintype/core/ingest/admission_policy";
import { admitImage } from "@tintype/core/ingest/admit_image";
import { claimOf, existingImage } from "@tintype/core/ingest/start_upload";
import type { ImageId } from "@tintype/core/model/image_id";
import type { AppEnv } from "../app_env.ts";
import { callerOf } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { requireScope } from "../middleware/require_scope.ts";
import { validate } from "../middleware/validate.ts";
import { imageSummary, imageUploadQuery } from "../schemas.ts";
import { MAX_BODY_BYTES, openBody } from "./_image_body.ts";
import { pathOfImage, purgeAtText, statusOf, type VisibleImage } from "./_image_view.ts";

const BINARY = { type: "string", contentMediaType: "application/octet-stream" };

/** `POST /v1/images`: an image of up to 10 MiB through the edge, streamed. */
export const imageUploadRoutes = new Hono<AppEnv>().post(
  "/v1/images",
  describe({
    id: "uploadImage",
    summary: "Send an image of at most 10 MiB as the body, or as the one file of a form",
    body: {
      "image/*": { schema: BINARY },
      "multipart/form-data": { schema: { type: "object", properties: { file: BINARY } } },
    },
    responses: { 200: imageSummary, 202: imageSummary },
    problems: [
      "erased",
      "conflict",
      "length_required",
      "too_large",
      "unsupported_type",
      "not_an_image",
      "digest_mismatch",
      "quota_exceeded",
    ],
  }),
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
    const maxBytes = Math.min(MAX_BODY_BYTES, plan.maxBytes);
    const claim = claimOf({ tenant, plan }, { imageId, bytes: body.size ?? maxBytes });
    await services.quota.reserve(claim);
    const send = (readable: ReadableStream<Uint8Array>, signal: AbortSignal) =>
      admitImage({ creator: services.raw }, {
        ref: { tenant, owner: owners[0], imageId },
        plan,
        policy,
        nowMs,
        contentType,
        declaration,
        head,
        body: readable,
      }, { signal });
    const { streams, quota } = services;
    const { created } = await body.sendTo(send, { sha256, maxBytes, streams }).catch(
      async (error: unknown) => {
        // A client's own id may have an image or a session from another call: it stays counted.
        if (!isGiven && isDefinite(error)) await quota.release(claim).catch(() => undefined);
        throw error;
      },
    );
    // What another call has stored is not of this body's size; a settlement that fails only counts too many bytes.
    if (created && body.size === undefined) {
      await quota.settle({ ...claim, bytes: body.passedBytes }).catch(() => undefined);
    }
    return answerWith(c, imageId, undefined);
  },
);

/** Only a refusal that is ours is definite: after a lost answer the image may be there. */
function isDefinite(error: unknown): boolean {
  return error instanceof AppError && error.kind !== "unavailable";
}

function answerWith(c: Context<AppEnv>, imageId: ImageId, existing: VisibleImage | undefined) {
  return c.json({
    imageId,
    status: existing === undefined ? "processing" : statusOf(existing),
    image: pathOfImage(imageId),
    purgeAt: purgeAtText(imageId, c.get("services").policy),
  }, existing === undefined ? 202 : 200);
}
