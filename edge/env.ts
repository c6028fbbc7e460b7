import * as z from "zod";
import { AppError } from "@tintype/core/errors";
import type { GrantsNamespace } from "./adapters/durable_object_grants.ts";
import type { QuotaNamespace } from "./adapters/durable_object_quota.ts";
import type { AnalyticsBinding, AssetsBinding, RateLimitBinding } from "./adapters/bindings.ts";
import { JURISDICTIONS } from "./adapters/tenant_objects.ts";
import { address, endpoint, signIn } from "./page_settings.ts";
import { tokenSettings } from "./token_settings.ts";

const secret = z.string().min(32, "must have at least 32 characters");
const text = z.string().min(1);
const bucket = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, "must be a bucket's name");

const signingKey = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("hmac"), accessId: text, secret: text }),
  z.strictObject({
    type: z.literal("rsa"),
    email: text,
    privateKeyPem: z.string().includes("PRIVATE KEY"),
  }),
]);

const binding = <Binding>(method: string) =>
  z.custom<Binding>(
    (value) => typeof value === "object" && value !== null && method in value,
    "must be bound",
  );

const envSchema = z.object({
  STORAGE_ENDPOINT: endpoint.default("https://storage.googleapis.com"),
  RAW_BUCKET: bucket,
  PROCESSED_BUCKET: bucket,
  ERASURES_BUCKET: bucket,
  /** Tenants' objects and the days' salts. */
  CONFIG_BUCKET: bucket,
  JWKS_URL: address,
  ...tokenSettings.shape,
  /** An OTLP collector's address, `/v1/traces` included; without it no span is sent. */
  OTLP_TRACES_URL: address.optional(),
  RETENTION_MS: z.coerce.number().int().optional(),
  SIGNING_KEY: json("SIGNING_KEY").pipe(signingKey),
  /** Of the account that reads originals and nothing else; no original is given out without it. */
  ORIGINALS_KEY: json("ORIGINALS_KEY").pipe(signingKey).optional(),
  /** Opened, and checked, by `parsePseudonymKeys`. */
  PSEUDONYM_KEYS: z.string(),
  CURSOR_KEY: secret,
  /** A second key whose cursors are taken too, while the key is changed. */
  CURSOR_KEY_ALSO: secret.optional(),
  /** Who pushes records to `POST /events/records`, and the audience that its tokens name; nobody where they are not given. */
  PUSH_ACCOUNT: z.email().optional(),
  PUSH_AUDIENCE: address.optional(),
  PUSH_KEYS_URL: address.default("https://www.googleapis.com/oauth2/v3/certs"),
  /** Signs grants; a second key's grants are taken too, while the key is changed. */
  GRANT_KEY: secret,
  GRANT_KEY_ALSO: secret.optional(),
  SIGN_IN: json("SIGN_IN").pipe(signIn).optional(),
  /** Where requests are counted; nowhere without it. */
  METRICS: binding<AnalyticsBinding>("writeDataPoint").optional(),
  ASSETS: binding<AssetsBinding>("fetch"),
  ADDRESS_LIMITER: binding<RateLimitBinding>("limit"),
  OWNER_LIMITER: binding<RateLimitBinding>("limit"),
  TENANT_QUOTA: binding<QuotaNamespace>("idFromName"),
  TENANT_GRANTS: binding<GrantsNamespace>("idFromName"),
  /** Where the tenants' durable objects are kept; anywhere where it is not given. Changed, their counts begin anew. */
  JURISDICTION: z.enum(JURISDICTIONS).optional(),
});

/** The worker's bindings, checked. */
export type EdgeConfig = z.infer<typeof envSchema>;

/** A signing key of a service account, as its secret holds it. */
export type SigningKey = z.infer<typeof signingKey>;

/** Reads the worker's bindings; throws `invalid_config` that names each wrong one and shows no value. */
export function readEnv(bindings: object): EdgeConfig {
  const read = envSchema.safeParse(bindings);
  if (read.success) return read.data;
  const errors = read.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const list = errors.map(({ path, message }) => `${path} ${message}`).join("; ");
  throw new AppError("invalid_config", `Cannot start the edge: ${list}`, { errors });
}

function json(name: string) {
  return z.string().transform((value, context): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: "custom", message: `${name} must be JSON` });
      return z.NEVER;
    }
  });
}
