/**
 * The edge: a request meets `app`, which names it, logs it, limits it and authenticates it (middleware/),
 * then its handler in routes/, which asks a use case of core through the ports that `services` has filled
 * with adapters/. Errors become problems once, in `problem`.
 */
import { consoleLog } from "./adapters/console_log.ts";
import { makeApp } from "./app.ts";
import { servicesOf } from "./services.ts";

export { TenantQuota } from "./adapters/tenant_quota.ts";

const app = makeApp({ servicesOf, log: consoleLog });

export default { fetch: app.fetch };
