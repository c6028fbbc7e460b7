/**
 * Secrets and signatures of webhooks by Standard Webhooks (https://www.standardwebhooks.com). A secret is derived from one
 * master, so that a new endpoint or a rotation is a change of the tenant's object alone.
 */
import { AppError } from "../errors.ts";
import { hmac, hmacKey } from "./hmac.ts";
import type { Tenant } from "./tenant.ts";
import { endpointKey, type WebhookEndpoint } from "./webhook_endpoint.ts";

/** What all secrets are derived from. */
export type WebhookMaster = CryptoKey;

/** What is signed. */
interface SignedMessage {
  /** `webhook-id`: the same for each attempt. */
  readonly id: string;
  readonly sentAtMs: number;
  readonly body: string;
}

const PREFIX = "whsec_";
const MIN_MASTER_CHARACTERS = 32;

/** Opens the master secret; throws `invalid_config` for one of fewer than 32 characters. */
export async function openWebhookMaster(secret: string): Promise<WebhookMaster> {
  if (secret.length >= MIN_MASTER_CHARACTERS) return await hmacKey(secret);
  throw new AppError(
    "invalid_config",
    `Cannot use the webhook master secret: it must have at least ${MIN_MASTER_CHARACTERS} characters`,
  );
}

/** The secret of one version of an endpoint, as its receiver is given it: `whsec_` and base64. */
export async function webhookSecret(
  master: WebhookMaster,
  { tenant, id, version }: { readonly tenant: Tenant } & Pick<WebhookEndpoint, "id" | "version">,
): Promise<string> {
  return PREFIX + base64(await hmac(master, `${endpointKey(tenant, id)}\n${version}`));
}

/** The headers of one attempt, signed by the endpoint's version and, during a rotation, by the one before. */
export async function webhookHeaders(
  master: WebhookMaster,
  { tenant, endpoint }: { readonly tenant: Tenant; readonly endpoint: WebhookEndpoint },
  { id, sentAtMs, body }: SignedMessage,
): Promise<Readonly<Record<string, string>>> {
  const timestamp = String(Math.floor(sentAtMs / 1_000));
  const { version, previousVersion } = endpoint;
  const versions = [version, ...previousVersion === undefined ? [] : [previousVersion]];
  const signatures = await Promise.all(versions.map(async (each) => {
    const secret = await webhookSecret(master, { tenant, id: endpoint.id, version: each });
    return await webhookSignature(secret, `${id}.${timestamp}.${body}`);
  }));
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

/** The `v1` signature of `{id}.{timestamp}.{body}` by a `whsec_` secret. */
export async function webhookSignature(secret: string, text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (char) => char.charCodeAt(0));
  return `v1,${base64(await hmac(await hmacKey(bytes), text))}`;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
