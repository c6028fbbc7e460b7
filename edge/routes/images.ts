import { type Context, Hono } from "hono";
import { AppError } from "@tintype/core/errors";
import { requestErasure } from "@tintype/core/ingest/request_erasure";
import { type ImageId, parseImageId } from "@tintype/core/model/image_id";
import { type Owner, parseOwner } from "@tintype/core/model/owner";
import { findErasure } from "@tintype/core/reading/find_erasure";
import { findImage, hasManifest, type ImageQuestion } from "@tintype/core/reading/find_image";
import { listImages } from "@tintype/core/reading/list_images";
import { phaseOf } from "@tintype/core/retention/policy";
import type { AppEnv } from "../app_env.ts";
import { callerOf, lacksScope, requireScope } from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { validate } from "../middleware/validate.ts";
import type { EdgeServices } from "../ports.ts";
import {
  acceptedErasure,
  erasureState,
  imagePage,
  imageParam,
  imageQuery,
  imageState,
  listQuery,
  noQuery,
} from "../schemas.ts";
import {
  isoOf,
  namesTag,
  stateOf,
  statusOf,
  summaryOf,
  tagOf,
  type VisibleImage,
} from "./_image_view.ts";

const DEFAULT_LIMIT = 20;
/** Between two looks of a waiting request, in milliseconds; the last one stays. */
const WAIT_STEPS_MS = [250, 500, 750, 1_000];
const RETRY_AFTER_SECONDS = "1";

type Readers = readonly [Owner, ...Owner[]];

/**
 * Reading one's own images, asking for their erasure, and `GET /v1/erasures/{id}`: how far an erasure is, to the owner who
 * asked for it, until the image's retention period is over.
 */
export const imageRoutes = new Hono<AppEnv>();

imageRoutes.get(
  "/v1/images",
  describe({
    id: "listImages",
    summary:
      "One's own images that are still kept, newest first; a page may be short and have a cursor",
    responses: { 200: imagePage },
  }),
  requireScope("images:read", "images:read:tenant"),
  validate("query", listQuery),
  async (c) => {
    const { cursor, limit = String(DEFAULT_LIMIT), owner } = c.req.valid("query");
    const owners = readersOf(c, owner);
    if (owners instanceof Response) return owners;
    const services = c.get("services");
    const { tenant } = callerOf(c);
    const { images, nextBefore } = await listImages(services, {
      tenant,
      owners,
      limit: Number(limit),
      before: cursor === undefined ? undefined : await openCursor(c, cursor, owners),
      nowMs: services.clock.now(),
      policy: services.policy,
    });
    const next = nextBefore === undefined
      ? {}
      : { cursor: await services.cursors.seal(nextBefore, { tenant, owner: owners[0] }) };
    return c.json({ images: images.map((image) => summaryOf(image, services.policy)), ...next });
  },
);

imageRoutes.get(
  "/v1/images/:id",
  describe({
    id: "readImage",
    summary:
      "An image's state, with signed addresses of its renditions; wait answers when it is settled",
    responses: { 200: imageState, 304: "none" },
    problems: ["not_found"],
  }),
  requireScope("images:read", "images:read:tenant"),
  validate("param", imageParam),
  validate("query", imageQuery),
  async (c) => {
    const { wait, owner } = c.req.valid("query");
    const owners = readersOf(c, owner);
    if (owners instanceof Response) return owners;
    const services = c.get("services");
    const imageId = parseImageId(c.req.valid("param").id);
    c.set("imageId", imageId);
    const question = { tenant: callerOf(c).tenant, owners, imageId };
    const image = await waitForImage(services, question, Number(wait ?? 0) * 1_000);
    const etag = await tagOf(image, services);
    const retry = image.state === "processing" ? { "Retry-After": RETRY_AFTER_SECONDS } : {};
    const headers = { ETag: etag, ...retry };
    if (namesTag(c.req.header("if-none-match"), etag)) return c.body(null, 304, headers);
    return c.json(await stateOf(image, services), 200, headers);
  },
);

imageRoutes.delete(
  "/v1/images/:id",
  describe({
    id: "eraseImage",
    summary: "Ask for an image's erasure: any id inside its seven days is taken",
    responses: { 202: acceptedErasure },
    problems: ["not_found"],
  }),
  requireScope("images:delete"),
  validate("param", imageParam),
  validate("query", noQuery),
  async (c) => {
    const { raw, policy, clock } = c.get("services");
    const { tenant, owners } = callerOf(c);
    const imageId = parseImageId(c.req.valid("param").id);
    c.set("imageId", imageId);
    await requestErasure({ creator: raw }, { tenant, owners, imageId, policy, nowMs: clock.now() });
    return c.json({ imageId, status: "accepted", erasure: `/v1/erasures/${imageId}` }, 202);
  },
);

imageRoutes.get(
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

/** Whose images are read: the caller's own, or the named owner's for tokens that may read within their tenant. */
function readersOf(c: Context<AppEnv>, named: string | undefined): Readers | Response {
  const { owners, scopes } = callerOf(c);
  if (named !== undefined) {
    return scopes.has("images:read:tenant")
      ? [parseOwner(named)]
      : lacksScope(c, "images:read:tenant");
  }
  if (scopes.has("images:read")) return owners;
  throw new AppError("invalid_request", "Cannot read images as the owner must be named", {
    errors: [{ path: "owner", message: "is required with the scope images:read:tenant" }],
  });
}

async function openCursor(c: Context<AppEnv>, cursor: string, owners: Readers): Promise<ImageId> {
  const { cursors } = c.get("services");
  const { tenant } = callerOf(c);
  const opened = await Promise.all(owners.map((owner) => cursors.open(cursor, { tenant, owner })));
  const before = opened.find((imageId) => imageId !== undefined);
  if (before !== undefined) return before;
  throw new AppError("invalid_request", "Cannot continue the listing as the cursor is not of it", {
    errors: [{ path: "cursor", message: "must be one that this listing gave" }],
  });
}

/** The image once it is settled, or as it is when the time is over; throws `not_found` where there is none then. */
async function waitForImage(
  services: Pick<EdgeServices, "raw" | "processed" | "clock" | "policy">,
  question: ImageQuestion,
  waitMs: number,
): Promise<VisibleImage> {
  const { clock, policy } = services;
  const endMs = clock.now() + waitMs;
  for (let look = 0;;) {
    // An id whose time is over is asked for all the same: it costs what any other does.
    const found = await findImage(services, question);
    const isOver = phaseOf(question.imageId, policy, clock.now()) === "expired";
    const image = isOver || found.state === "none" || found.state === "erased" ? undefined : found;
    const isSettled = image !== undefined && statusOf(image) !== "processing";
    if (image !== undefined && (isSettled || clock.now() >= endMs)) return image;
    if (clock.now() >= endMs) throw new AppError("not_found", "There is no such image");
    // Between the whole looks only the manifest is asked for, as it is what ends the wait.
    do {
      const stepMs = WAIT_STEPS_MS[look++] ?? WAIT_STEPS_MS.at(-1) ?? 0;
      await new Promise((resolve) => setTimeout(resolve, Math.min(stepMs, endMs - clock.now())));
    } while (clock.now() < endMs && !await hasManifest(services, question));
  }
}
