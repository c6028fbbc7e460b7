import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import * as z from "zod";
import type { Call } from "../http/call.ts";
import { parseBody } from "./resources.ts";
import { notEmulated } from "./rpc_error.ts";

const PATH = /^\/v2\/projects\/[^/]+\/locations\/([^/]+)\/buckets(?:\/([^/]+))?$/;
const patchSchema = z.strictObject({ retentionDays: z.int().min(1).max(3_650) });

/** Whether a path is that of Cloud Logging's buckets. */
export function isLogBucketsPath(path: string): boolean {
  return PATH.test(path);
}

/**
 * The settings of Cloud Logging's buckets (https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.locations.buckets),
 * as Terraform makes them: list and patch. Lines themselves go to the console.
 */
export class LogBuckets {
  readonly #days = new Map([
    ["tintype-logs", RETENTION_BOUNDS.logDays],
    ["_Default", RETENTION_BOUNDS.logDays],
    ["_Required", 400],
  ]);
  readonly #project: string;

  constructor(project: string) {
    this.#project = project;
  }

  /** Answers `GET …/locations/-/buckets` and `PATCH …/buckets/ID?updateMask=retentionDays`. */
  answer({ method, path, query }: Pick<Call, "method" | "path" | "query">, body: unknown): unknown {
    const [, location = "", id] = PATH.exec(path) ?? [];
    if (method === "GET" && location === "-" && id === undefined) {
      return { buckets: [...this.#days.keys()].map((each) => this.#resource(each)) };
    }
    const isPatch = method === "PATCH" && query.get("updateMask") === "retentionDays";
    if (!isPatch || id === undefined || !this.#days.has(id)) throw notEmulated(`${method} ${path}`);
    this.#days.set(id, parseBody(patchSchema, body).retentionDays);
    return this.#resource(id);
  }

  #resource(id: string) {
    const name = `projects/${this.#project}/locations/global/buckets/${id}`;
    return { name, retentionDays: this.#days.get(id), lifecycleState: "ACTIVE" };
  }
}
