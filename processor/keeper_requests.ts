/** What the keeper's jobs may be asked; commands send nothing else. */
import { schemaError } from "@tintype/core/errors";
import { MISSING_REASONS } from "@tintype/core/ingest/export_person";
import { SHA256 } from "@tintype/core/model/digest";
import { imageIdEndOfRecord, isImageId } from "@tintype/core/model/image_id";
import { SOURCES } from "@tintype/core/model/manifest";
import { isMediaType } from "@tintype/core/model/media_type";
import { isSubject } from "@tintype/core/model/owner";
import { ORIGIN } from "@tintype/core/model/raw_metadata";
import { ALL_FAIL_REASONS, ALL_REJECT_REASONS } from "@tintype/core/model/reject_reason";
import { isTenant } from "@tintype/core/model/tenant";
import type { Context } from "hono";
import * as z from "zod";

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const tenant = z.string().refine(isTenant, "must be a tenant's name");

/** Repair: all of it at once since a time, of some shards, without failed images, or to count alone. */
export const repairSchema = z.strictObject({
  since: time.optional(),
  shards: z.string().regex(/^[a-z2-7]*$/, "must be characters of [a-z2-7]")
    .transform((text) => [...text]).optional(),
  failed: z.boolean().optional(),
  dryRun: z.boolean().optional(),
});

const imageId = z.string().refine(isImageId, "must be an image's id");
const person = {
  tenant,
  subject: z.string().refine(isSubject, "must be 1 to 256 characters of Unicode"),
};

/** Whose images are erased, or with `dryRun` only found. */
export const eraseSchema = z.strictObject({ ...person, dryRun: z.boolean().default(false) });

/** Whose images are exported, a page at a time. */
export const exportSchema = z.strictObject({ ...person, after: imageId.optional() });

/** What an export holds, to be signed: names that an export has and numbers, so that nothing else gets the keeper's signature. */
export const exportListSchema = z.strictObject({
  tenant,
  files: z.array(z.strictObject({
    name: z.string().regex(/^[0-9a-f-]{36}\/(original\.[a-z]{1,8}|manifest\.json|rows\.json)$/),
    bytes: z.int().min(0),
    sha256: z.string().regex(SHA256),
  })),
  missing: z.array(z.strictObject({ imageId, reason: z.enum(MISSING_REASONS) })),
  /** Images whose record may still be in Kafka, and until when. */
  kafka: z.array(z.strictObject({ imageId, until: z.iso.datetime() })),
});

/** A body for {@link exportListSchema}. */
export type ExportList = z.input<typeof exportListSchema>;

/** Which images are processed again: by T0, by what their newest row says, as many as the limits let. */
export const replaySchema = z.strictObject({
  day: z.iso.date().optional(),
  since: time.optional(),
  version: z.string().min(1).max(200).optional(),
  before: time.optional(),
  tenant: tenant.optional(),
  source: z.enum(SOURCES).optional(),
  status: z.enum(["ready", "rejected", "failed"]).optional(),
  reason: z.enum([...ALL_REJECT_REASONS, ...ALL_FAIL_REASONS]).optional(),
  mediaType: z.string().refine(isMediaType, "must be a media type of an image").optional(),
  max: z.int().min(1).max(100_000).default(1_000),
  budgetUsd: z.number().positive().optional(),
  mayReject: z.boolean().default(false),
  dryRun: z.boolean().default(false),
}).refine(
  ({ version, before }) => (version === undefined) !== (before === undefined),
  "must have either version, what is current, or before, a time: so that nothing is processed twice",
);

/** A body for {@link replaySchema}. */
export type ReplayRequest = z.input<typeof replaySchema>;

/** Of which UTC days of T0 rows are rebuilt, every one that is kept where none are named. */
export const rebuildSchema = z.strictObject({
  days: z.array(z.iso.date()).max(9).optional(),
  dryRun: z.boolean().default(false),
});

/** Which image is described: by its id, or by the position of its Kafka record. */
export const imageSchema = z.strictObject({
  imageId: imageId.optional(),
  origin: z.string().regex(ORIGIN, "must be topic/partition/offset").optional(),
  cluster: z.string().min(1).max(64).default("main"),
  tenant: tenant.optional(),
}).refine(
  ({ imageId, origin }) => (imageId === undefined) !== (origin === undefined),
  "must have either imageId or origin",
);

/** What ids of the asked image end with. */
export async function idEndOf(
  { imageId, origin = "", cluster }: z.infer<typeof imageSchema>,
): Promise<string> {
  if (imageId !== undefined) return imageId;
  const [topic = "", partition, offset = ""] = origin.split("/");
  return await imageIdEndOfRecord({ cluster, topic, partition: Number(partition), offset });
}

/** Reads the body of a job. Cloud Scheduler sends none: then it is the schedule's run. Throws `invalid_request`. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>, what: string): Promise<T> {
  const text = await c.req.text();
  const read = schema.safeParse(text === "" ? {} : parseJson(text));
  if (read.success) return read.data;
  throw schemaError("invalid_request", `Cannot ${what}`, read.error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
