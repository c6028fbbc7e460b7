/** The event that a webhook carries: what a receiver reads, made of the record and nothing else. */
import * as z from "zod";
import { schemaError } from "../errors.ts";
import { REFERENCE, SOURCES } from "./manifest.ts";
import { ownValueSchema } from "./own_value.ts";
import { RECORD_TYPES, type RecordType } from "./record_type.ts";
import { isTenant, type Tenant } from "./tenant.ts";

/** The type of the event that `deno task webhooks test` sends. */
export const TEST_EVENT = "webhook.test";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const count = z.int().min(0).nullable();
const time = z.iso.datetime();

/** An image's row, column by column, and what is no column: the caller's own `ref`, `origin` and `event_id`. */
const imageEventDataSchema = z.object({
  image_id: z.uuid(),
  event_id: z.string().regex(/^[0-9a-f]{32}$/),
  tenant: z.string().nullable(),
  owner: z.string().nullable(),
  source: z.enum(SOURCES),
  t0: time,
  status: z.enum(["ready", "rejected", "failed", "erased"]),
  reason: z.string().nullable(),
  media_type: z.string().nullable(),
  bytes: count,
  width: count,
  height: count,
  processed_at: time,
  ref: z.string().regex(REFERENCE).optional(),
  origin: z.string().optional(),
}).catchall(z.union([ownValueSchema, z.array(z.record(z.string(), scalar))]));

/**
 * The body of a webhook of an image (https://www.standardwebhooks.com): `webhook-id` is `data.event_id`, the same for
 * each repetition and a new one for a replay; `timestamp` is `data.processed_at`. More columns may come.
 */
export const imageEventSchema = z.object({
  type: z.enum(RECORD_TYPES),
  timestamp: time,
  data: imageEventDataSchema,
});

/** The body of the webhook that `deno task webhooks test` sends. */
export const testEventSchema = z.object({
  type: z.literal(TEST_EVENT),
  timestamp: time,
  data: z.object({ tenant: z.string(), endpoint: z.string() }),
});

/** A record's row, and what is no column. */
interface RecordParts {
  readonly row: Readonly<Record<string, unknown>>;
  readonly attributes: {
    readonly [Name in "type" | "event_id" | "ref" | "origin"]?: string | undefined;
  };
}

/** An event, and whom it concerns: nobody where a refused record does not say. */
export interface TenantEvent {
  readonly tenant: Tenant | undefined;
  readonly type: RecordType;
  readonly eventId: string;
  readonly event: z.infer<typeof imageEventSchema>;
}

/** The event of a record; throws `invalid_request` that names each wrong field. */
export function eventOfRecord({ row, attributes }: RecordParts): TenantEvent {
  const { type, event_id, ref, origin } = attributes;
  const read = imageEventSchema.safeParse({
    type,
    timestamp: row["processed_at"],
    data: { ...row, event_id, ref, origin },
  });
  if (!read.success) throw schemaError("invalid_request", "Cannot read record", read.error);
  const { data: event } = read;
  const { tenant } = event.data;
  return {
    tenant: tenant !== null && isTenant(tenant) ? tenant : undefined,
    type: event.type,
    eventId: event.data.event_id,
    event,
  };
}
