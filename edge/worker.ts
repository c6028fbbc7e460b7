/**
 * The edge: a request meets `app`, which names it, logs it, limits it and authenticates it (middleware/),
 * then its handler in routes/, which asks a use case of core through the ports that `services` has filled
 * with adapters/. Errors become problems once, in `problem`.
 */
import type { ExecutionContext } from "hono";
import { jsonLog } from "@tintype/core/json_log";
import { makeApp } from "./app.ts";
import { servicesOf } from "./services.ts";
import { uploadSynthetic } from "./upload_synthetic.ts";

export { TenantGrants } from "./adapters/tenant_grants.ts";
export { TenantQuota } from "./adapters/tenant_quota.ts";

/** One JSON line an event to the worker's console, which is where Workers Logs reads. */
const log = {
  info: jsonLog({ part: "edge", write: (line) => console.log(line) }).info,
  warn: jsonLog({ part: "edge", write: (line) => console.warn(line) }).warn,
  error: jsonLog({ part: "edge", write: (line) => console.error(line) }).error,
};
const app = makeApp({ servicesOf, log });

export default {
  fetch: app.fetch,
  /** By the cron trigger of wrangler.toml; a throw is what Cloudflare counts as a failed run. */
  async scheduled(_event: unknown, bindings: object, context: ExecutionContext): Promise<void> {
    await uploadSynthetic(app, await servicesOf(bindings, log), [bindings, context]);
  },
};
