import { Hono } from "hono";
import { uploadImage } from "@tintype/core/ingest/upload_image";
import type { AppEnv } from "../app_env.ts";
import { callerOf, requireScope } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { validate } from "../middleware/validate.ts";
import { imageSummary, imageUploadQuery } from "../schemas.ts";
import { MAX_BODY_BYTES, openBody } from "./_image_body.ts";
import { pathOfImage, purgeAtText, statusOf } from "./_image_view.ts";

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
    const services = c.get("services");
    const { tenant, owners } = callerOf(c);
    const { imageId: given, sha256, preset } = c.req.valid("query");
    c.set("imageId", given?.toLowerCase());
    const { imageId, existing } = await uploadImage(services, {
      tenant,
      owners,
      plan: services.plans.planOf(tenant),
      policy: services.policy,
      imageId: given,
      body: await openBody(c.req.raw, services.streams),
      sha256,
      preset,
      maxBytes: MAX_BODY_BYTES,
      traceparent: c.get("traceparent"),
    });
    c.set("imageId", imageId);
    return c.json({
      imageId,
      status: existing === undefined ? "processing" : statusOf(existing),
      image: pathOfImage(imageId),
      purgeAt: purgeAtText(imageId, services.policy),
    }, existing === undefined ? 202 : 200);
  },
);
