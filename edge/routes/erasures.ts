import { type Context, Hono } from "hono";
import { AppError } from "@tintype/core/errors";
import { requestErasures } from "@tintype/core/ingest/request_erasures";
import { type ImageId, parseImageId } from "@tintype/core/model/image_id";
import { findErasure } from "@tintype/core/reading/find_erasure";
import { type ImageCaller, ownImage, ownImages } from "@tintype/core/reading/own_image";
import type { AppEnv } from "../app_env.ts";
import { requireScope } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { jsonBody, validate } from "../middleware/validate.ts";
import { problemOf, retryHeaders } from "../problem.ts";
import {
  acceptedErasure,
  erasureQuery,
  erasureResults,
  erasuresBody,
  erasureState,
  imageParam,
} from "../schemas.ts";
import { imageCallerOf } from "./_image_caller.ts";
import { isoOf } from "./_image_view.ts";

const DELETE = ["images:delete", "images:delete:tenant"] as const;

/**
 * Requesting the erasure of one's own images, of one or of many, and how far an erasure is. Each image counts against the
 * tenant's day; what staff request does not.
 */
export const erasureRoutes = new Hono<AppEnv>();

erasureRoutes.delete(
  "/v1/images/:id",
  describe({
    id: "eraseImage",
    summary: "Ask for an image's erasure: any id inside its seven days is taken",
    responses: { 202: acceptedErasure },
    problems: ["not_found", "quota_exceeded"],
  }),
  requireScope(...DELETE),
  validate("param", imageParam),
  validate("query", erasureQuery),
  async (c) => {
    const { owner } = c.req.valid("query");
    const caller = imageCallerOf(c, owner, DELETE);
    if (caller instanceof Response) return caller;
    const imageId = parseImageId(c.req.valid("param").id);
    c.set("imageId", imageId);
    const error = (await eraseAll(c, [imageId], { caller, owner })).get(imageId);
    if (error !== undefined) throw error;
    return c.json(acceptedOf(imageId, owner), 202);
  },
);

erasureRoutes.post(
  "/v1/erasures",
  describe({
    id: "eraseImages",
    summary: "Ask for the erasure of up to 50 images; each has its result, in their order",
    responses: { 202: erasureResults },
    problems: ["invalid_json", "too_large", "unsupported_type"],
  }),
  requireScope(...DELETE),
  validate("query", erasureQuery),
  jsonBody,
  validate("json", erasuresBody),
  async (c) => {
    const { owner } = c.req.valid("query");
    const caller = imageCallerOf(c, owner, DELETE);
    if (caller instanceof Response) return caller;
    const imageIds = c.req.valid("json").imageIds.map(parseImageId);
    const refused = await eraseAll(c, imageIds, { caller, owner });
    const full = [...refused.values()].find((error) => error.code === "quota_exceeded");
    const results = imageIds.map((imageId) => {
      const error = refused.get(imageId);
      if (error === undefined) return acceptedOf(imageId, owner);
      const problem = problemOf(error, c);
      return { imageId, status: problem.status, problem };
    });
    return c.json({ results }, 202, full === undefined ? {} : retryHeaders(full));
  },
);

erasureRoutes.get(
  "/v1/erasures/:id",
  describe({
    id: "readErasure",
    summary: "How far an erasure is",
    responses: { 200: erasureState },
    problems: ["not_found"],
  }),
  requireScope(...DELETE),
  validate("param", imageParam),
  validate("query", erasureQuery),
  async (c) => {
    const caller = imageCallerOf(c, c.req.valid("query").owner, DELETE);
    if (caller instanceof Response) return caller;
    const services = c.get("services");
    const { policy, clock } = services;
    const imageId = parseImageId(c.req.valid("param").id);
    c.set("imageId", imageId);
    const ref = await ownImage(caller, imageId, { policy, nowMs: clock.now() });
    const found = await findErasure(services, ref);
    if (found === null) throw new AppError("not_found", "This image has no erasure request");
    const { requestedAtMs, erasedAtMs } = found;
    return c.json({
      imageId,
      status: erasedAtMs === undefined ? "accepted" : "erased",
      requestedAt: isoOf(requestedAtMs),
      ...(erasedAtMs === undefined ? {} : { erasedAt: isoOf(erasedAtMs) }),
    });
  },
);

/** Who asks; `owner` where staff named one. */
interface Asking {
  readonly caller: ImageCaller;
  readonly owner: string | undefined;
}

/** Requests the erasure of each image; returns why of each that is refused: `not_found` or `quota_exceeded`. */
async function eraseAll(
  c: Context<AppEnv>,
  imageIds: readonly ImageId[],
  { caller, owner }: Asking,
): Promise<Map<ImageId, AppError>> {
  const services = c.get("services");
  const { policy, clock } = services;
  const { tenant } = caller;
  const { refs, refused } = await ownImages(caller, imageIds, { policy, nowMs: clock.now() });
  const { erasuresPerDay } = await services.tenants.planOf(tenant);
  // Staff name the owner, and are not bound.
  const bound = owner === undefined
    ? { owner: await caller.ownerAt(clock.now()), erasuresPerDay }
    : undefined;
  const full = await requestErasures(services, { tenant, refs, bound });
  return new Map([...refused, ...full]);
}

function acceptedOf(imageId: ImageId, owner: string | undefined) {
  const query = owner === undefined ? "" : `?owner=${owner}`;
  return { imageId, status: "accepted", erasure: `/v1/erasures/${imageId}${query}` } as const;
}
