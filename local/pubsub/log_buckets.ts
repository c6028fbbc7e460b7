import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import * as z from "zod";
import type { Call } from "../http/call.ts";
import { parseBody } from "./resources.ts";
import { notEmulated } from "./rpc_error.ts";

const PATH = /^\/v2\/projects\/[^/]+\/locations\/(?:-\/buckets|global\/buckets\/([^/]+))$/;
const patchSchema = z.strictObject({ retentionDays: z.int().min(1).max(3_650) });
const { logDays } = RETENTION_BOUNDS;

/** Whether a path is that of Cloud Logging's buckets. */
export function isLogBucketsPath(path: string): boolean {
  return PATH.test(path);
}

/**
 * How long Cloud Logging's buckets keep lines (https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.locations.buckets),
 * as Terraform sets it: list, and patch of `retentionDays`. Lines themselves go to the console.
 */
export class LogBuckets {
  readonly #days = new Map([["tintype-logs", logDays], ["_Default", logDays], ["_Required", 400]]);

  answer({ method, path }: Pick<Call, "method" | "path">, body: unknown): unknown {
    const id = PATH.exec(path)?.[1];
    const describe = (name: string) => ({ name, retentionDays: this.#days.get(name) });
    if (method === "GET" && id === undefined) {
      return { buckets: [...this.#days.keys()].map(describe) };
    }
    if (method !== "PATCH" || id === undefined) throw notEmulated(`${method} ${path}`);
    this.#days.set(id, parseBody(patchSchema, body).retentionDays);
    return describe(id);
  }
}
