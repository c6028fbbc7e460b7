import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import * as z from "zod";
import { jsonReply } from "../http/call.ts";
import { type Route, withBody } from "../http/declared_routes.ts";

const PATH = "/v2/projects/{project}/locations";
const patchSchema = z.strictObject({ retentionDays: z.int().min(1).max(3_650) });
const { logDays } = RETENTION_BOUNDS;

/**
 * How long Cloud Logging's buckets keep lines (https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.locations.buckets),
 * as Terraform sets it: list, and patch of `retentionDays`. Lines themselves go to the console.
 */
export function logBucketRoutes(): Readonly<Record<string, Route<unknown>>> {
  const days = new Map([["tintype-logs", logDays], ["_Default", logDays], ["_Required", 400]]);
  const describe = (name: string) => ({ name, retentionDays: days.get(name) });
  return {
    [`GET ${PATH}/-/buckets`]: {
      verb: "inspect",
      run: () => jsonReply(200, { buckets: [...days.keys()].map(describe) }),
    },
    [`PATCH ${PATH}/global/buckets/{log}`]: withBody(patchSchema, {
      query: "updateMask=retentionDays",
      run(_, { name }, { retentionDays }) {
        days.set(name("log"), retentionDays);
        return jsonReply(200, describe(name("log")));
      },
    }),
  };
}
