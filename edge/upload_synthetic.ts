import type { ExecutionContext, Hono } from "hono";
import { SYNTHETIC_TENANT } from "@tintype/core/model/tenant";
import { dayOf } from "@tintype/core/model/utc_day";
import type { AppEnv } from "./app_env.ts";
import type { EdgeServices } from "./ports.ts";

/** One grey pixel. */
const PNG = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==",
  ),
  (character) => character.charCodeAt(0),
);
const GRANT_MS = 60_000;

/**
 * Uploads an image of the synthetic tenant by a grant of its own, as any caller does: through the app, its limits and its
 * quota. Throws Error where it is not accepted; whether it becomes ready, an alert on the processor's log says.
 */
export async function uploadSynthetic(
  app: Hono<AppEnv>,
  { clock, ownerOf, grants, grantTokens }: EdgeServices,
  [bindings, context]: [bindings: object, context: ExecutionContext],
): Promise<void> {
  const issuedAtMs = Math.floor(clock.now() / 1_000) * 1_000;
  const who = { tenant: SYNTHETIC_TENANT, subject: "synthetic" };
  const days = [issuedAtMs, issuedAtMs + GRANT_MS].map(async (timeMs) =>
    [dayOf(timeMs), await ownerOf(who, timeMs)] as const
  );
  const grant = {
    grantId: crypto.randomUUID(),
    tenant: SYNTHETIC_TENANT,
    owners: Object.fromEntries(await Promise.all(days)),
    count: 1,
    issuedAtMs,
    endsAtMs: issuedAtMs + GRANT_MS,
  };
  await grants.open(grant);
  const request = new Request("https://edge.invalid/v1/images", {
    method: "POST",
    headers: {
      "Authorization": `Bearer ${await grantTokens.sign(grant)}`,
      "Content-Type": "image/png",
      "Content-Length": String(PNG.length),
    },
    body: PNG,
  });
  const response = await app.fetch(request, bindings, context);
  if (response.status === 202) return;
  throw new Error(`Cannot upload the synthetic image: the edge responded with ${response.status}`);
}
