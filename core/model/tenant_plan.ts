import * as z from "zod";
import { AppError, schemaError } from "../errors.ts";
import type { Source } from "./manifest.ts";
import { ALL_MEDIA_TYPES, DEFAULT_MEDIA_TYPES } from "./media_type.ts";
import { DEFAULT_RENDITIONS, type RenditionSpec, renditionTableSchema } from "./rendition.ts";
import type { Tenant } from "./tenant.ts";
import { webhooksSchema } from "./webhook_endpoint.ts";

/** The sources that an operator can close. */
export const CLOSABLE_SOURCES = ["edge", "kafka"] as const satisfies readonly Source[];

/** A source that an operator can close. */
export type ClosableSource = (typeof CLOSABLE_SOURCES)[number];

const planSchema = z.strictObject({
  allowedTypes: z.array(z.enum(ALL_MEDIA_TYPES)).min(1).readonly(),
  maxBytes: z.int().min(1).max(5 * 1024 ** 4),
  maxPixels: z.int().min(1),
  maxFrames: z.int().min(1),
  imagesPerDay: z.int().min(1),
  bytesPerDay: z.int().min(1),
  /** Ten times `imagesPerDay` where it is not given. */
  erasuresPerDay: z.int().min(1),
  renditions: renditionTableSchema,
  /** Named rendition tables that an upload may ask for. */
  presets: z.record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/), renditionTableSchema),
  /** Origins whose pages may call the edge, exactly as browsers send them; `*` for any. */
  corsOrigins: z.array(z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/)).readonly(),
  /** Sources that take nothing for now: of the default, for everybody. */
  closed: z.array(z.enum(CLOSABLE_SOURCES)).readonly(),
});

const RECORD_HEADERS = ["content-type", "subject", "ref", "sha256", "tenant"] as const;

/** What a tenant's object says of one Kafka topic. */
export const topicSchema = z.strictObject({
  /** Whether the record's `tenant` header may name another tenant. */
  allowTenantHeader: z.boolean().default(false),
  /**
   * Owns the images of records without a `subject` header; without it they are refused. `{partition}` and `{key}` stand
   * for the record's.
   */
  defaultSubject: z.string().min(1).max(256).refine(
    (text) => text.replaceAll(/\{(partition|key)\}/g, "").search(/[{}]/) < 0,
    "must hold no braces but {partition} and {key}",
  ).optional(),
  /** Whether `<topic>.results` gets what became of each record. */
  results: z.boolean().optional(),
  /** The producers' names of the headers, by ours. */
  headers: z.partialRecord(z.enum(RECORD_HEADERS), z.string().min(1).max(128)).optional(),
  /** Settings of the topic beyond the retention contract that its tenant accepts; deletion certificates repeat them. */
  accept: z.strictObject({
    /** Records are dated by their producers: `message.timestamp.type=CreateTime`. */
    createTime: z.boolean(),
    /** `cleanup.policy` may compact: the newest record of a key has no end then. */
    compaction: z.boolean(),
    /** Most that `retention.ms` and `segment.ms` may be. */
    retentionHours: z.union([z.int().min(1), z.literal("unlimited")]),
  }).partial().optional(),
});

/** A tenant's object: what it says differs from the default. */
const documentSchema = planSchema.partial().extend({
  kafkaTopics: z.record(z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/), topicSchema).optional(),
  webhooks: webhooksSchema.optional(),
});

/** What one tenant may do: types, sizes in bytes and pixels, daily quotas, renditions, CORS origins. */
export type TenantPlan = Readonly<z.infer<typeof planSchema>>;

/** How a Kafka topic's records become images of a tenant. */
export interface TopicPlan extends Readonly<z.infer<typeof topicSchema>> {
  readonly tenant: Tenant;
}

/** A header of a record that its topic may call otherwise. */
export type RecordHeader = (typeof RECORD_HEADERS)[number];

/** What a tenant's object says; everything is optional. */
export type TenantDocument = z.infer<typeof documentSchema>;

const ERASURES_PER_IMAGE = 10;

/** What holds where no object says otherwise. */
export const DEFAULT_PLAN: TenantPlan = {
  allowedTypes: DEFAULT_MEDIA_TYPES,
  maxBytes: 52_428_800,
  maxPixels: 100_000_000,
  maxFrames: 1_000,
  imagesPerDay: 10_000,
  bytesPerDay: 50_000_000_000,
  erasuresPerDay: 100_000,
  renditions: DEFAULT_RENDITIONS,
  presets: {},
  corsOrigins: [],
  closed: [],
};

/** Reads a tenant's object; throws `invalid_config` that names each wrong field. */
export function parseTenantDocument(bytes: Uint8Array): TenantDocument {
  const read = documentSchema.safeParse(parseJson(bytes));
  if (read.success) return read.data;
  throw schemaError("invalid_config", "Cannot read the tenant's object", read.error);
}

/**
 * The plan of a tenant whose object goes before the default's, and that before ours; a source is closed where one of them
 * closes it.
 */
export function planOf(...documents: readonly TenantDocument[]): TenantPlan {
  const fields = documents.map(({ kafkaTopics: _, webhooks: __, ...fields }) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  );
  const given: Partial<TenantPlan> = Object.assign({}, ...fields);
  const plan = { ...DEFAULT_PLAN, ...given };
  const erasuresPerDay = given.erasuresPerDay ?? ERASURES_PER_IMAGE * plan.imagesPerDay;
  const closed = [...new Set(documents.flatMap((document) => document.closed ?? []))];
  return { ...plan, erasuresPerDay, closed };
}

/** The rendition table of an upload: its preset's where the plan has one of that name, else the plan's. */
export function renditionsOf(
  plan: TenantPlan,
  preset: string | undefined,
): readonly RenditionSpec[] {
  if (preset === undefined || !Object.hasOwn(plan.presets, preset)) return plan.renditions;
  return plan.presets[preset] ?? plan.renditions;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const message = "Cannot read the tenant's object: it is not JSON";
    throw new AppError("invalid_config", message, { cause });
  }
}
