import { type Call, jsonReply } from "../http/call.ts";
import type { Control } from "../http/controls.ts";
import { type Declaration, DeclaredRoutes, type RoutedCall } from "../http/declared_routes.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import { isGranted } from "../rights.ts";
import type { Broker } from "./broker.ts";
import { logBucketRoutes } from "./log_buckets.ts";
import { METRICS_ROUTES } from "./metrics.ts";
import { nameOf, ROUTES } from "./routes.ts";
import { RpcError, toRpcError } from "./rpc_error.ts";

/** What the app serves. */
interface PubSubAppOptions {
  readonly broker: Broker;
  /** The one project that there is. */
  readonly project: string;
  readonly controls: readonly Control[];
}

/** 10 MB of data as base64, and attributes. */
const MAX_BODY_BYTES = 20_000_000;
const JSON_FORMATS = "json|json;enum-encoding=int";

/**
 * Pub/Sub's REST API over a broker, its metrics as Cloud Monitoring shows them, and Cloud Logging's buckets. Callers at an
 * identity's port may do what the table of rights grants it.
 */
export function makePubSubApp({ broker, project, controls }: PubSubAppOptions): EmulatorApp {
  const routes = new DeclaredRoutes<Broker>(
    { ...ROUTES, ...METRICS_ROUTES, ...logBucketRoutes() },
    {
      query: `alt=${JSON_FORMATS} $alt=${JSON_FORMATS} prettyPrint=true|false key`,
      maxBodyBytes: MAX_BODY_BYTES,
      customVerbs: true,
      nullIsAbsent: true,
    },
  );
  const check = (call: RoutedCall, route: Declaration) => {
    const named = call.name("project");
    if (named !== project) {
      throw new RpcError("NOT_FOUND", `Requested project not found: ${named}`);
    }
    checkRight(call, route);
  };
  return {
    answer: (call: Call) => routes.answer(broker, call, check),
    failure(error) {
      const { status, body } = toRpcError(error);
      return jsonReply(status, body);
    },
    controls,
    routes: routes.describe(),
  };
}

/** `projects/p/topics/tintype-images` is `topic-images` in the table of rights. */
function checkRight(call: RoutedCall, { verb }: Declaration): void {
  const { identity } = call;
  if (identity === undefined) return;
  const [, , kind = "", id = ""] = nameOf(call).split("/");
  const isProject = kind === "";
  const resource = isProject ? "project" : `${kind.slice(0, -1)}-${id.slice(id.indexOf("-") + 1)}`;
  if (verb !== undefined && isGranted(identity, resource, verb)) return;
  const message = `User not authorized to perform this action (${identity}).`;
  throw new RpcError("PERMISSION_DENIED", message);
}
