import { type Context, Hono } from "hono";
import { startUpload } from "@tintype/core/ingest/start_upload";
import { uploadImage } from "@tintype/core/ingest/upload_image";
import type { AppEnv } from "../app_env.ts";
import { grantedPlan, uploadServices } from "../granted.ts";
import { callerOf, requireScopeOrGrant } from "../middleware/authenticate.ts";
import { mayCallFrom } from "../middleware/cors.ts";
import { describe } from "../middleware/describe.ts";
import { jsonBody, validate } from "../middleware/validate.ts";
import {
  imageState,
  imageSummary,
  imageUploadQuery,
  noQuery,
  startedUpload,
  uploadBody,
} from "../schemas.ts";
import { MAX_BODY_BYTES, openBody } from "./_image_body.ts";
import { isoOf, pathOfImage, purgeAtText, stateOf, statusOf } from "./_image_view.ts";

/** Chunks but the last are multiples of this many bytes (Cloud Storage's resumable uploads). */
const CHUNK_MULTIPLE = 262_144;

/** `POST /v1/uploads`: a session that the client sends its bytes to, past the edge. */
export const uploadRoutes = new Hono<AppEnv>().post(
  "/v1/uploads",
  describe({
    id: "startUpload",
    summary: "Start an upload of any size: the bytes go to the answered address, past this service",
    responses: { 200: imageState, 201: startedUpload },
    problems: [
      "invalid_json",
      "erased",
      "conflict",
      "too_large",
      "unsupported_type",
      "quota_exceeded",
    ],
  }),
  requireScopeOrGrant("images:write"),
  validate("query", noQuery),
  jsonBody,
  validate("json", uploadBody),
  async (c) => {
    const caller = callerOf(c);
    const { tenant, ownerAt, reaches, grant } = caller;
    const services = uploadServices(c.get("services"), caller);
    const { imageId, ...declaration } = c.req.valid("json");
    c.set("imageId", imageId?.toLowerCase());
    const started = await startUpload(services, {
      tenant,
      ownerAt,
      reaches,
      plan: grantedPlan(await services.tenants.planOf(tenant), grant),
      policy: services.policy,
      declaration: { ...declaration, ref: grant?.ref ?? declaration.ref },
      imageId,
      origin: await originOf(c),
      traceparent: c.get("traceparent"),
    });
    if (started.kind === "exists") return c.json(await stateOf(started.image, services), 200);
    c.set("imageId", started.imageId);
    return c.json({
      imageId: started.imageId,
      upload: {
        protocol: "gcs-resumable",
        method: "PUT",
        url: started.url,
        headers: {},
        chunkMultiple: CHUNK_MULTIPLE,
        expiresAt: isoOf(started.expiresAtMs),
      },
      image: pathOfImage(started.imageId),
      purgeAt: isoOf(started.purgeAtMs),
    }, 201);
  },
);

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
  requireScopeOrGrant("images:write"),
  validate("query", imageUploadQuery),
  async (c) => {
    const caller = callerOf(c);
    const { tenant, ownerAt, reaches, grant } = caller;
    const services = uploadServices(c.get("services"), caller);
    const { imageId: given, sha256, preset, ref } = c.req.valid("query");
    c.set("imageId", given?.toLowerCase());
    const { imageId, existing } = await uploadImage(services, {
      tenant,
      ownerAt,
      reaches,
      plan: grantedPlan(await services.tenants.planOf(tenant), grant),
      policy: services.policy,
      imageId: given,
      body: await openBody(c.req.raw, services.streams),
      sha256,
      preset,
      ref: grant?.ref ?? ref,
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

/** The page that will send the bytes, where it may call here: storage answers its browser for the whole session. */
async function originOf(c: Context<AppEnv>): Promise<string | undefined> {
  const origin = c.req.header("origin");
  return origin !== undefined && await mayCallFrom(c, origin) ? origin : undefined;
}
