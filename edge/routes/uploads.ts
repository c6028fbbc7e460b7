import { type Context, Hono } from "hono";
import type * as z from "zod";
import { forEachBounded } from "@tintype/core/concurrency";
import { AppError } from "@tintype/core/errors";
import { startUpload } from "@tintype/core/ingest/start_upload";
import { uploadImage } from "@tintype/core/ingest/upload_image";
import type { AppEnv } from "../app_env.ts";
import { grantedPlan, uploadServices } from "../granted.ts";
import { callerOf, requireScopeOrGrant } from "../middleware/authenticate.ts";
import { mayCallFrom } from "../middleware/cors.ts";
import { describe } from "../middleware/describe.ts";
import { jsonBody, jsonBodyUpTo, validate } from "../middleware/validate.ts";
import { problemOf, retryHeaders } from "../problem.ts";
import {
  imageState,
  imageSummary,
  imageUploadQuery,
  noQuery,
  startedUpload,
  uploadBody,
  uploadResults,
  uploadsBody,
} from "../schemas.ts";
import { MAX_BODY_BYTES, openBody } from "./_image_body.ts";
import { isoOf, pathOfImage, purgeAtText, stateOf, statusOf } from "./_image_view.ts";

/** Chunks but the last are multiples of this many bytes (Cloud Storage's resumable uploads). */
const CHUNK_MULTIPLE = 262_144;

/** Problems of a declaration. */
const DECLARATION_PROBLEMS = [
  "invalid_json",
  "erased",
  "conflict",
  "too_large",
  "unsupported_type",
  "quota_exceeded",
] as const;

/** Fifty declarations with everything that they may hold. */
const MAX_BATCH_BYTES = 32_768;
/** Connections that a worker may have open at once. */
const STARTS_AT_ONCE = 6;

/**
 * `POST /v1/uploads`: a session that the client sends its bytes to, past the edge; `POST /v1/uploads/batch`: many at once.
 */
export const uploadRoutes = new Hono<AppEnv>().post(
  "/v1/uploads",
  describe({
    id: "startUpload",
    summary: "Start an upload of any size: the bytes go to the answered address, past this service",
    responses: { 200: imageState, 201: startedUpload },
    problems: DECLARATION_PROBLEMS,
  }),
  requireScopeOrGrant("images:write"),
  validate("query", noQuery),
  jsonBody,
  validate("json", uploadBody),
  async (c) => {
    const { imageId } = c.req.valid("json");
    c.set("imageId", imageId?.toLowerCase());
    const { existing, started } = await startOne(c, c.req.valid("json"));
    if (existing !== undefined) return c.json(existing, 200);
    c.set("imageId", started.imageId);
    return c.json(started, 201);
  },
).post(
  "/v1/uploads/batch",
  describe({
    id: "startUploads",
    summary: "Start up to 50 uploads; each has its result, in their order",
    responses: { 200: uploadResults },
    problems: DECLARATION_PROBLEMS,
  }),
  requireScopeOrGrant("images:write"),
  validate("query", noQuery),
  jsonBodyUpTo(MAX_BATCH_BYTES),
  validate("json", uploadsBody),
  async (c) => {
    const { uploads } = c.req.valid("json");
    const results: object[] = [];
    let full: AppError | undefined;
    await forEachBounded(uploads.entries(), STARTS_AT_ONCE, async ([at, upload]) => {
      try {
        const { existing, started } = await startOne(c, upload);
        results[at] = existing === undefined
          ? { status: 201, ...started }
          : { status: 200, imageId: existing.imageId, state: existing };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        if (error.code === "quota_exceeded") full ??= error;
        const problem = problemOf(error, c);
        results[at] = { status: problem.status, problem };
      }
    });
    return c.json({ results }, 200, full === undefined ? {} : retryHeaders(full));
  },
);

/** Starts one upload: the image where it is there already, else the session. Throws what `startUpload` throws. */
async function startOne(
  c: Context<AppEnv>,
  { imageId, ...declaration }: z.infer<typeof uploadBody>,
) {
  const caller = callerOf(c);
  const { tenant, ownerAt, reaches, grant } = caller;
  const services = uploadServices(c.get("services"), caller);
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
  if (started.kind === "exists") return { existing: await stateOf(started.image, services) };
  const session: z.infer<typeof startedUpload> = {
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
  };
  return { started: session };
}

const BINARY = { type: "string", contentMediaType: "application/octet-stream" };

/** `POST /v1/images`: an image of up to 10 MiB through the edge, streamed. */
export const imageUploadRoutes = new Hono<AppEnv>().post(
  "/v1/images",
  describe({
    id: "uploadImage",
    summary: "Send an image of at most 10 MiB as the body, or as the one file of a form",
    body: {
      "image/*": { schema: BINARY },
      "application/octet-stream": { schema: BINARY },
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
