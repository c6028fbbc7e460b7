/**
 * The shapes of the HTTP contract: what requests may hold, checked strictly, and what answers hold.
 * `openapi/` writes /openapi.json from them and from the routes' descriptions.
 */
import * as z from "zod";
import { CRC32C, SHA256 } from "@tintype/core/model/digest";
import { ALL_MEDIA_TYPES } from "@tintype/core/model/media_type";
import { isOwner, isSubject } from "@tintype/core/model/owner";
import { metadataSchema, REFERENCE, SOURCES } from "@tintype/core/model/manifest";
import { DROPPABLE } from "@tintype/core/model/rendition";
import { UUID_V7 } from "@tintype/core/model/image_id";
import { PROBLEM_TYPES, type ProblemCode } from "./problem_types.ts";

const imageId = z.string().regex(new RegExp(UUID_V7, "i"), "must be a UUID of version 7").meta({
  description: "UUIDv7; its time is the image's T0",
  examples: ["019ae2c4-9a00-7c3e-8f51-2a6f0c9d1b34"],
});
const sha256 = z.string().regex(SHA256, "must be 64 hex digits in lower case").meta({
  description: "SHA-256 of the bytes, lower-case hex",
});
const crc32c = z.string().regex(CRC32C, "must be 4 bytes in base64").meta({
  description: "CRC32C of the bytes, big-endian base64",
});
const preset = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, "must be a preset's name");
const reference = z.string().regex(REFERENCE, "must be 1 to 64 of A-Z a-z 0-9 . _ -").meta({
  description: "The caller's own reference",
  examples: ["order-4711"],
});
const instant = z.iso.datetime().meta({ description: "ISO 8601, UTC" });
const path = z.string().meta({ description: "Path on this host" });
const count = z.int().min(0);
const ownerFor = (scope: string) =>
  z.string().refine(isOwner, "must be 20 characters of [a-z2-7]").meta({
    description: `An owner's pseudonym of a day; takes the scope ${scope}`,
    pattern: "^[a-z2-7]{20}$",
  });
const owner = ownerFor("images:read:tenant");

/** No query parameter at all. */
export const noQuery = z.strictObject({});

/** The id in a path. */
export const imageParam = z.object({ id: imageId });

/** `POST /v1/uploads`. */
export const uploadBody = z.strictObject({
  contentType: z.string().min(1).max(255).meta({ examples: ["image/jpeg"] }),
  size: z.int("must be an integer").min(1, "must be at least 1").meta({ description: "Bytes" }),
  sha256: sha256.optional(),
  crc32c: crc32c.optional(),
  imageId: imageId.optional(),
  preset: preset.optional(),
  ref: reference.optional(),
});

/** `POST /v1/uploads/batch`. */
export const uploadsBody = z.strictObject({
  uploads: z.array(uploadBody).min(1, "must name at least 1").max(50, "must name at most 50"),
});

/** `POST /v1/images`. */
export const imageUploadQuery = z.strictObject({
  imageId: imageId.optional(),
  sha256: sha256.optional(),
  preset: preset.optional(),
  ref: reference.optional(),
});

const wait = z.string().regex(/^([1-9]|1[0-9]|20)$/, "must be from 1 to 20 seconds");
const uuid = UUID_V7.source.slice(1, -1);

/** `GET /v1/images`: a page of a listing, or the states of the images that `ids` names. */
export const listQuery = z.strictObject({
  cursor: z.string().min(1).max(256).optional(),
  limit: z.string().regex(/^([1-9]|[1-4][0-9]|50)$/, "must be from 1 to 50").optional(),
  include: z.literal("renditions").optional(),
  owner: owner.optional(),
  ids: z.string().regex(
    new RegExp(`^${uuid}(,${uuid}){0,49}$`, "i"),
    "must be 1 to 50 UUIDs of version 7, separated by commas",
  ).optional().meta({ description: "Takes no cursor and no limit" }),
  wait: wait.optional().meta({
    description: "Seconds until it responds, unless one of the ids is ready, rejected or failed",
  }),
}).superRefine(({ ids, wait, owner: _, ...listing }, context) => {
  const refused = ids === undefined ? { wait } : listing;
  const message = ids === undefined ? "takes ids" : "must not be given with ids";
  for (const [name, value] of Object.entries(refused)) {
    if (value !== undefined) context.addIssue({ code: "custom", path: [name], message });
  }
});

/** `GET /v1/images/{id}`. */
export const imageQuery = z.strictObject({
  wait: wait.optional(),
  owner: owner.optional(),
});

/** `GET /v1/images/{id}/original`. */
export const originalQuery = imageQuery.pick({ owner: true });

/** Whose erasures: the caller's own, or the named owner's. */
export const erasureQuery = z.strictObject({
  owner: ownerFor("images:delete:tenant").optional(),
});

/** `POST /v1/erasures`. */
export const erasuresBody = z.strictObject({
  imageIds: z.array(imageId).min(1, "must name at least 1").max(50, "must name at most 50"),
});

/** `POST /v1/grants`. */
export const grantBody = z.strictObject({
  subject: z.string().refine(isSubject, "must be 1 to 256 characters of Unicode").meta({
    description: "Whose images they will be; the grant itself holds pseudonyms alone",
    minLength: 1,
    maxLength: 256,
  }),
  contentTypes: z.array(z.enum(ALL_MEDIA_TYPES)).min(1).max(ALL_MEDIA_TYPES.length).optional(),
  maxBytes: z.int().min(1).optional().meta({ description: "Bytes of each image" }),
  count: z.int().min(1).max(1_000).meta({ description: "Images at most" }),
  ttlSeconds: z.int().min(1).max(86_400),
  ref: reference.optional(),
});

/** The id of a grant in a path. */
export const grantParam = z.object({ id: z.uuid() });

/** A grant as it is given, once. */
export const madeGrant = z.strictObject({
  grantId: z.uuid(),
  token: z.string().meta({ description: "A bearer token: whoever has it can upload" }),
  expiresAt: instant,
});

const status = z.enum(["processing", "ready", "rejected", "failed"]);

const renditions = z.array(z.strictObject({
  name: z.string(),
  width: count,
  height: count,
  contentType: z.string(),
  bytes: count,
  frames: count.optional().meta({ description: "Of an animation" }),
  hasGainMap: z.literal(true).optional().meta({
    description: "It has a gain map for displays that are brighter than SDR's",
  }),
  dropped: z.array(z.enum(DROPPABLE)).readonly().optional().meta({
    description: "What its line asks for and the picture could not keep",
  }),
  url: z.url().meta({
    description: "Signed; the same for 5 minutes, ends 15 to 20 minutes later or at purgeAt",
  }),
}));

/** An image in a listing, and after `POST /v1/images`. */
export const imageSummary = z.strictObject({
  imageId,
  status,
  ref: reference.optional(),
  reason: z.string().optional(),
  createdAt: instant.optional(),
  purgeAt: instant,
  image: path,
  renditions: renditions.optional().meta({ description: "Where include=renditions asks for them" }),
  thumbhash: z.string().optional().meta({ description: "With renditions: their blurred likeness" }),
});

/** An image's state. */
export const imageState = z.strictObject({
  imageId,
  status,
  ref: reference.optional(),
  reason: z.string().optional(),
  detail: z.string().optional(),
  source: z.enum(SOURCES).nullable(),
  bytes: count,
  createdAt: instant,
  purgeAt: instant,
  image: path,
  metadata: z.union([metadataSchema, z.strictObject({})]),
  renditions,
});

/** Where an image's original is read. */
export const original = z.strictObject({
  url: z.url().meta({ description: "Signed; ends 15 to 20 minutes later or at purgeAt" }),
  contentType: z.string(),
  bytes: count,
});

/** A page of images. */
export const imagePage = z.strictObject({
  images: z.array(imageSummary),
  cursor: z.string().optional(),
});

/** A started upload. */
export const startedUpload = z.strictObject({
  imageId,
  upload: z.strictObject({
    protocol: z.literal("gcs-resumable"),
    method: z.literal("PUT"),
    url: z.url().meta({ description: "The session: whoever has it can write; keep it secret" }),
    headers: z.record(z.string(), z.string()),
    chunkMultiple: z.int().meta({ description: "Chunks but the last are multiples of it" }),
    expiresAt: instant,
  }),
  image: path,
  purgeAt: instant,
});

const ofDay = z.strictObject({ perDay: count, left: count });

/** What a caller may upload: a grant's guest learns nothing of the tenant's bytes. */
export const limits = z.strictObject({
  contentTypes: z.array(z.string()),
  maxBytes: count.meta({ description: "Bytes of each image" }),
  presets: z.array(z.string()),
  requestsPerMinute: count,
  images: ofDay,
  bytes: ofDay.optional(),
  resetsAt: instant,
});

/** An accepted erasure. */
export const acceptedErasure = z.strictObject({
  imageId,
  status: z.literal("accepted"),
  erasure: path,
});

/** How far an erasure is. */
export const erasureState = z.strictObject({
  imageId,
  status: z.enum(["accepted", "erased"]),
  requestedAt: instant,
  erasedAt: instant.optional(),
});

/** `/healthz`. */
export const health = z.strictObject({ status: z.literal("ok") });

/** `/.well-known/oauth-protected-resource` (RFC 9728, section 2). */
export const resourceMetadata = z.strictObject({
  resource: z.url(),
  authorization_servers: z.array(z.string()),
  scopes_supported: z.array(z.string()),
  bearer_methods_supported: z.array(z.literal("header")),
  resource_documentation: z.url(),
});

/** The code of a problem. */
const problemCode = z.enum(
  Object.keys(PROBLEM_TYPES) as [ProblemCode, ...ProblemCode[]], // keys of a const table
);

/** An error (RFC 9457). */
export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: problemCode,
  requestId: z.string(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
});

/** Why one image of a call has no result. */
const imageProblem = z.strictObject({ imageId, status: z.int(), problem });

/** What became of each erasure of a call, in its order. */
export const erasureResults = z.strictObject({
  results: z.array(z.union([acceptedErasure, imageProblem])),
});

/** The states of many images, in the order of their ids. */
export const imageStates = z.strictObject({
  images: z.array(z.union([imageState, imageProblem])).meta({
    description:
      "404 as for one image; 503 where the call has reached the storage requests that it may make: ask for those again",
  }),
});

/** What became of each upload of a batch, in its order. */
export const uploadResults = z.strictObject({
  results: z.array(z.union([
    startedUpload.extend({ status: z.literal(201) }),
    z.strictObject({ status: z.literal(200), imageId, state: imageState }),
    z.strictObject({ status: z.int(), problem: problem }),
  ])),
});

/** An image's state as it is answered. */
export type ImageState = z.infer<typeof imageState>;

/** A line of a listing as it is answered. */
export type ImageSummary = z.infer<typeof imageSummary>;
