import * as z from "zod";
import { AppError, schemaError } from "../errors.ts";
import { ALL_MEDIA_TYPES } from "./media_type.ts";
import { DEFAULT_RENDITIONS, type RenditionSpec, renditionTableSchema } from "./rendition.ts";
import { isTenant, parseTenant, type Tenant } from "./tenant.ts";

const planSchema = z.strictObject({
  allowedTypes: z.array(z.enum(ALL_MEDIA_TYPES)).min(1).readonly(),
  maxBytes: z.int().min(1).max(5 * 1024 ** 4),
  maxPixels: z.int().min(1),
  maxFrames: z.int().min(1),
  imagesPerDay: z.int().min(1),
  bytesPerDay: z.int().min(1),
  renditions: renditionTableSchema,
  /** Named rendition tables that an upload may ask for. */
  presets: z.record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/), renditionTableSchema),
  /** Origins whose pages may call the edge, exactly as browsers send them; `*` for any. */
  corsOrigins: z.array(z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/)).readonly(),
});

const tenantName = z.string().refine(isTenant, "must be a tenant's name");

const topicSchema = z.strictObject({
  tenant: tenantName.transform(parseTenant),
  /** Whether the record's `tenant` header may name another tenant. */
  allowTenantHeader: z.boolean().default(false),
  /** Owns the images of records without a `subject` header; without it they are refused. */
  defaultSubject: z.string().min(1).max(256).optional(),
}).transform(({ defaultSubject, ...topic }) => ({ ...topic, defaultSubject }));

const documentSchema = z.strictObject({
  default: planSchema.partial().default({}),
  tenants: z.record(tenantName, planSchema.partial()).default({}),
  kafkaTopics: z.record(z.string().min(1), topicSchema).default({}),
});

/** What one tenant may do: types, sizes in bytes and pixels, daily quotas, renditions, CORS origins. */
export type TenantPlan = Readonly<z.infer<typeof planSchema>>;

/** How a Kafka topic's records become images of a tenant. */
export type TopicPlan = Readonly<z.infer<typeof topicSchema>>;

/** The tenant plans: the one document that edge, bridge and processor read. */
export interface TenantPlans {
  planOf(tenant: Tenant): TenantPlan;
  topicOf(topic: string): TopicPlan | undefined;
  /** Every origin that any tenant allows, for preflights, which carry no token. */
  readonly allCorsOrigins: readonly string[];
}

/** What holds where the document says nothing. */
export const DEFAULT_PLAN: TenantPlan = {
  allowedTypes: ALL_MEDIA_TYPES,
  maxBytes: 52_428_800,
  maxPixels: 100_000_000,
  maxFrames: 1_000,
  imagesPerDay: 10_000,
  bytesPerDay: 50_000_000_000,
  renditions: DEFAULT_RENDITIONS,
  presets: {},
  corsOrigins: [],
};

/** Reads the tenant plans from a JSON text (`{}` is all defaults); throws `invalid_config` that names each wrong field. */
export function parseTenantPlans(text: string): TenantPlans {
  const read = documentSchema.safeParse(parseJson(text));
  if (!read.success) throw schemaError("invalid_config", "Cannot read tenant plans", read.error);
  const { default: common, tenants, kafkaTopics } = read.data;
  const fallback = planWith(DEFAULT_PLAN, common);
  const plans = new Map(
    Object.entries(tenants).map(([tenant, own]) => [tenant, planWith(fallback, own)]),
  );
  const topics = new Map(Object.entries(kafkaTopics));
  const origins = [fallback, ...plans.values()].flatMap((plan) => plan.corsOrigins);
  return {
    planOf: (tenant) => plans.get(tenant) ?? fallback,
    topicOf: (topic) => topics.get(topic),
    allCorsOrigins: [...new Set(origins)],
  };
}

/** The rendition table of an upload: its preset's where the plan has one of that name, else the plan's. */
export function renditionsOf(
  plan: TenantPlan,
  preset: string | undefined,
): readonly RenditionSpec[] {
  if (preset === undefined || !Object.hasOwn(plan.presets, preset)) return plan.renditions;
  return plan.presets[preset] ?? plan.renditions;
}

type PartialPlan = z.infer<typeof documentSchema>["default"];

function planWith(base: TenantPlan, own: PartialPlan): TenantPlan {
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return { ...base, ...given };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = "Cannot read tenant plans as they are not JSON";
    throw new AppError("invalid_config", message, { cause });
  }
}
