/** Records that Pub/Sub pushes to the edge: what arrived, where it broke its declaration, counts against the tenant's day. */
import { type Context, Hono, type Next } from "hono";
import * as z from "zod";
import { AppError, schemaError } from "@tintype/core/errors";
import { parsePushEnvelope } from "@tintype/core/events/push_envelope";
import { parseImageId } from "@tintype/core/model/image_id";
import { isRemovedAtOnce } from "@tintype/core/model/reject_reason";
import { isTenant } from "@tintype/core/model/tenant";
import type { ArrivedBytes } from "@tintype/core/ports/quota";
import type { AppEnv } from "../app_env.ts";
import { withFacts } from "../middleware/describe.ts";
import { jsonBody } from "../middleware/validate.ts";

const recordSchema = z.object({
  image_id: z.string().transform((text) => parseImageId(text)),
  tenant: z.string().refine(isTenant),
  reason: z.string().nullable(),
  bytes: z.int().min(0).nullable(),
});

/**
 * `POST /events/records`: a push of the record of a rejected image. Responds with 204, also to what it does not understand,
 * which is logged: another delivery would not change it. 404 where no push is configured.
 */
export const recordRoutes = new Hono<AppEnv>().post(
  "/events/records",
  withFacts(authenticatePush, { isInternal: true }),
  jsonBody,
  async (c) => {
    const arrived = arrivedBytesOf(await c.req.json(), (code) => {
      c.get("log").error("record_unreadable", { code });
    });
    if (arrived !== undefined) await c.get("services").quota.settle(arrived);
    return c.body(null, 204);
  },
);

async function authenticatePush(c: Context<AppEnv>, next: Next): Promise<void> {
  const { pushVerifier } = c.get("services");
  if (pushVerifier === undefined) throw new AppError("not_found", "No push is configured here");
  await pushVerifier(c.req.header("authorization"));
  await next();
}

/** What came for an image that broke its declaration; undefined for every other record. */
function arrivedBytesOf(
  json: unknown,
  onUnreadable: (code: string) => void,
): ArrivedBytes | undefined {
  try {
    const { data } = parsePushEnvelope(json);
    const read = recordSchema.safeParse(JSON.parse(new TextDecoder().decode(data)));
    if (!read.success) throw schemaError("invalid_request", "Cannot read record", read.error);
    const { image_id: imageId, tenant, reason, bytes } = read.data;
    return bytes === null || !isRemovedAtOnce(reason ?? undefined)
      ? undefined
      : { imageId, tenant, bytes };
  } catch (error) {
    onUnreadable(error instanceof AppError ? error.code : "invalid_json");
    return undefined;
  }
}
