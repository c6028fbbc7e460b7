import { Hono } from "hono";
import { AppError } from "@tintype/core/errors";
import { type ImageId, parseImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { DAY_MS, dayOf, startOfDay } from "@tintype/core/model/utc_day";
import { findImage } from "@tintype/core/reading/find_image";
import { findOriginal } from "@tintype/core/reading/find_original";
import { listImages } from "@tintype/core/reading/list_images";
import { type ImageCaller, noSuchImage, ownImage } from "@tintype/core/reading/own_image";
import type { AppEnv } from "../app_env.ts";
import {
  callerOf,
  lacksScope,
  requireScope,
  requireScopeOrGrant,
} from "../middleware/authenticate.ts";
import { describe } from "../middleware/describe.ts";
import { validate } from "../middleware/validate.ts";
import type { EdgeServices } from "../ports.ts";
import {
  imagePage,
  imageParam,
  imageQuery,
  imageState,
  imageStates,
  listQuery,
  original,
  originalQuery,
} from "../schemas.ts";
import { answerMany, waitForDone } from "./_many_images.ts";
import { imageCallerOf } from "./_image_caller.ts";
import {
  namesTag,
  RETRY_AFTER_SECONDS,
  shownSummaryOf,
  stateOf,
  summaryOf,
  tagOf,
  urlLife,
  type VisibleImage,
  visibleOf,
} from "./_image_view.ts";

const DEFAULT_LIMIT = 20;

const READ = ["images:read", "images:read:tenant"] as const;
const READ_ORIGINAL = ["images:read:original", "images:read:tenant"] as const;

/** Reading one's own images; staff read those of the owner whom they name. */
export const imageRoutes = new Hono<AppEnv>();

imageRoutes.get(
  "/v1/images",
  describe({
    id: "listImages",
    summary:
      "One's own images that are still kept, newest first, with renditions where asked; a page may be short and have a cursor. With ids: the state of each, in their order; a grant must name them",
    responses: { 200: [imagePage, imageStates] },
  }),
  requireScopeOrGrant(...READ),
  validate("query", listQuery),
  async (c) => {
    const { cursor, limit = String(DEFAULT_LIMIT), owner, include, ids, wait } = c.req.valid(
      "query",
    );
    const caller = imageCallerOf(c, owner, READ);
    if (caller instanceof Response) return caller;
    const services = c.get("services");
    if (ids !== undefined) return await answerMany(c, caller, { ids, wait });
    if (callerOf(c).grant !== undefined) return lacksScope(c, READ[0]);
    const { images, nextBefore } = await listImages(services, {
      ...caller,
      limit: Number(limit),
      before: cursor === undefined ? undefined : await openCursor(services, cursor, caller),
      nowMs: services.clock.now(),
      policy: services.policy,
    });
    const next = nextBefore === undefined
      ? {}
      : { cursor: await services.cursors.seal(nextBefore, await scopeAt(caller, nextBefore)) };
    const view = async (image: VisibleImage) =>
      include === undefined
        ? summaryOf(image, services.policy)
        : await shownSummaryOf(image, { ...services, accept: c.req.header("accept") });
    c.header("Vary", "Accept");
    return c.json({ images: await Promise.all(images.map(view)), ...next });
  },
);

imageRoutes.get(
  "/v1/images/:id",
  describe({
    id: "readImage",
    summary:
      "An image's state, with signed addresses of its renditions, each in the form that Accept names (image/avif) where it has two; wait responds when it is settled",
    responses: { 200: imageState, 304: "none" },
    problems: ["not_found"],
  }),
  requireScopeOrGrant(...READ),
  validate("param", imageParam),
  validate("query", imageQuery),
  async (c) => {
    const { wait, owner } = c.req.valid("query");
    const caller = imageCallerOf(c, owner, READ);
    if (caller instanceof Response) return caller;
    const services = c.get("services");
    const { policy, clock } = services;
    const imageId = parseImageId(c.req.valid("param").id);
    c.set("imageId", imageId);
    const ref = await ownImage(caller, imageId, { policy, nowMs: clock.now() });
    const found = wait === undefined
      ? await findImage(services, ref)
      : (await waitForDone(services, [ref], wait)).get(imageId);
    const image = visibleOf(found, services);
    if (image === undefined) throw noSuchImage();
    const view = { ...services, accept: c.req.header("accept") };
    const etag = await tagOf(image, view);
    const retry = image.state === "processing" ? { "Retry-After": RETRY_AFTER_SECONDS } : {};
    const headers = { ETag: etag, Vary: "Accept", ...retry };
    if (namesTag(c.req.header("if-none-match"), etag)) return c.body(null, 304, headers);
    return c.json(await stateOf(image, view), 200, headers);
  },
);

imageRoutes.get(
  "/v1/images/:id/original",
  describe({
    id: "readOriginal",
    summary:
      "A signed address of a processed image's bytes as they came in, their metadata included; 404 also where the edge has no key for originals",
    responses: { 200: original },
    problems: ["not_found"],
  }),
  requireScope(READ_ORIGINAL[0]),
  validate("param", imageParam),
  validate("query", originalQuery),
  async (c) => {
    const caller = imageCallerOf(c, c.req.valid("query").owner, READ_ORIGINAL);
    if (caller instanceof Response) return caller;
    const services = c.get("services");
    const { policy, clock, originalSigner } = services;
    const imageId = parseImageId(c.req.valid("param").id);
    c.set("imageId", imageId);
    if (originalSigner === undefined) throw noSuchImage();
    const ref = await ownImage(caller, imageId, { policy, nowMs: clock.now() });
    const found = await findOriginal(services, ref);
    if (found === undefined) throw noSuchImage();
    const { name, generation, contentType, bytes } = found;
    const life = urlLife(imageId, services);
    const url = await originalSigner.signRead(name, { generation, ...life });
    return c.json({ url, contentType, bytes });
  },
);

/** Whose listing continues at an id: the caller's pseudonym of the id's own day. */
async function scopeAt({ tenant, ownerAt }: ImageCaller, before: ImageId) {
  return { tenant, owner: await ownerAt(t0OfImageId(before)) };
}

/** Where a listing goes on; throws `invalid_request` for a cursor of another one, or of days that are over. */
async function openCursor(
  { cursors, policy, clock }: Pick<EdgeServices, "cursors" | "policy" | "clock">,
  cursor: string,
  caller: ImageCaller,
): Promise<ImageId> {
  const before = await cursors.open(cursor, async (imageId) => {
    const sinceDayMs = clock.now() - startOfDay(dayOf(t0OfImageId(imageId)));
    // Otherwise the day's salt is gone, or is not there yet: no listing of today gave the cursor.
    const isNear = sinceDayMs > -DAY_MS && sinceDayMs < DAY_MS + policy.periodMs;
    return isNear ? await scopeAt(caller, imageId) : undefined;
  });
  if (before !== undefined) return before;
  throw new AppError("invalid_request", "Invalid cursor: it belongs to another listing", {
    errors: [{ path: "cursor", message: "must be one that this listing gave" }],
  });
}
