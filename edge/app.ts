import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { AppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import type { AppEnv } from "./app_env.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { cors } from "./middleware/cors.ts";
import { plainPath } from "./middleware/plain_path.ts";
import { limitAddress, limitOwner } from "./middleware/rate_limits.ts";
import { requestContext, requestLog, requestSpan } from "./middleware/request_context.ts";
import { securityHeaders } from "./middleware/security_headers.ts";
import type { EdgeServices } from "./ports.ts";
import { answerMethods, answerProblem } from "./problem.ts";
import { erasureRoutes } from "./routes/erasures.ts";
import { grantRoutes } from "./routes/grants.ts";
import { imageRoutes } from "./routes/images.ts";
import { limitsRoutes } from "./routes/limits.ts";
import { pageRoutes } from "./routes/page.ts";
import { recordRoutes } from "./routes/records.ts";
import { serviceRoutes } from "./routes/service.ts";
import { imageUploadRoutes, uploadRoutes } from "./routes/uploads.ts";

/** What the composition root gives an app. */
interface AppOptions {
  /** Makes the services once an isolate, from its bindings; throws `invalid_config`. */
  readonly servicesOf: (bindings: object, log: Log) => Promise<EdgeServices>;
  /** Works without services: the bindings themselves may be wrong. */
  readonly log: Log;
}

/** The edge's app. */
export function makeApp({ servicesOf, log }: AppOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(answerProblem);
  app.notFound((c) =>
    answerProblem(
      new AppError("not_found", "Nothing is served at this path: /openapi.json lists what is"),
      c,
    )
  );
  app.use(async (c, next) => {
    c.set("log", log);
    await next();
  });
  app.use(requestContext, requestLog, requestSpan, securityHeaders, plainPath);
  app.use(async (c, next) => {
    c.set("services", await servicesOf(c.env, log));
    await next();
  });
  app.use(methodNotAllowed({ app, onMethodNotAllowed: answerMethods }));
  app.use("/v1/*", cors, limitAddress, authenticate, limitOwner);
  const routes = [
    uploadRoutes,
    imageUploadRoutes,
    imageRoutes,
    erasureRoutes,
    recordRoutes,
    grantRoutes,
    limitsRoutes,
    serviceRoutes,
    pageRoutes,
  ];
  for (const each of routes) app.route("/", each);
  return app;
}
