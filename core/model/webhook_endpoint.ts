import * as z from "zod";
import { RECORD_TYPES } from "./record_type.ts";
import type { Tenant } from "./tenant.ts";

const MAX_URL_CHARACTERS = 2_048;
const MAX_ENDPOINTS = 16;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

const version = z.int().min(1).max(1_000_000);

/** Where a tenant wants its events sent. */
const endpointSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must match [a-z0-9][a-z0-9-]{0,31}"),
  url: z.string().max(MAX_URL_CHARACTERS).refine(
    isEndpointUrl,
    "must be an https address without user, password and fragment",
  ),
  types: z.array(z.enum(RECORD_TYPES)).min(1).readonly().default(RECORD_TYPES),
  /** Of its secret; a new one is a rotation. */
  version: version.default(1),
  /** Signs too, until every receiver has the new secret. */
  previousVersion: version.optional(),
}).refine(
  ({ version, previousVersion }) => version !== previousVersion,
  { path: ["previousVersion"], message: "must differ from version" },
);

/** The field `webhooks` of a tenant's object. */
export const webhooksSchema = z.array(endpointSchema).max(MAX_ENDPOINTS).refine(
  (endpoints) => new Set(endpoints.map(({ id }) => id)).size === endpoints.length,
  "must have each id once",
).readonly();

/** Where a tenant wants its events sent: which types, and by which version of its secret they are signed. */
export type WebhookEndpoint = Readonly<z.infer<typeof endpointSchema>>;

/** Names an endpoint among those of all tenants: the key of its fair share, and what its secret is derived from. */
export function endpointKey(tenant: Tenant | string, id: string): string {
  return `${tenant}\n${id}`;
}

/** Loopback may be plain HTTP: only a dispatcher whose composition root allows it ever sends there. */
function isEndpointUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== "" || password !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}
