import type { ExecutionContext, Hono } from "hono";
import { SYNTHETIC_TENANT } from "@tintype/core/model/tenant";
import type { AppEnv } from "./app_env.ts";
import { openGrant } from "./open_grant.ts";
import type { EdgeServices } from "./ports.ts";

/** One grey pixel. */
const PNG = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==",
  ),
  (character) => character.charCodeAt(0),
);
const GRANT = { subject: "synthetic", ttlSeconds: 60, count: 1 };

/**
 * Uploads an image of the synthetic tenant by a grant of its own, as any caller does: through the app, its limits and its
 * quota. Throws Error where it is not accepted; whether it becomes ready, an alert on the processor's log says.
 */
export async function uploadSynthetic(
  app: Hono<AppEnv>,
  services: EdgeServices,
  [bindings, context]: [bindings: object, context: ExecutionContext],
): Promise<void> {
  const { token } = await openGrant(services, SYNTHETIC_TENANT, GRANT);
  const headers = {
    "Authorization": `Bearer ${token}`,
    "Content-Type": "image/png",
    "Content-Length": String(PNG.length),
  };
  const request = new Request("https://edge.invalid/v1/images", {
    method: "POST",
    headers,
    body: PNG,
  });
  const { status } = await app.fetch(request, bindings, context);
  if (status === 202) return;
  throw new Error(`Cannot upload the synthetic image: the edge responded with ${status}`);
}
