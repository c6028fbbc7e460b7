import { type Call, jsonReply, readText } from "../http/call.ts";
import type { Control } from "../http/controls.ts";
import type { EmulatorApp } from "../http/emulator_server.ts";
import { isGranted } from "../rights.ts";
import type { Broker } from "./broker.ts";
import { isLogBucketsPath, LogBuckets } from "./log_buckets.ts";
import { isMetricsPath, listTimeSeries } from "./metrics.ts";
import { ROUTES } from "./routes.ts";
import { notEmulated, RpcError, toRpcError } from "./rpc_error.ts";

/** What the app serves. */
interface PubSubAppOptions {
  readonly broker: Broker;
  /** The one project that there is. */
  readonly project: string;
  readonly controls: readonly Control[];
}

/** 10 MB of data as base64, and attributes. */
const MAX_BODY_BYTES = 20_000_000;
const PATH = /^\/v1\/(projects\/([^/]+)\/(topics|subscriptions))(?:\/([^/:]+)(:\w+)?)?$/;
const ALT = ["alt", "$alt"];
const ALT_VALUES = ["json", "json;enum-encoding=int"];

/** Pub/Sub's REST API over a broker, its metrics as Cloud Monitoring shows them, and Cloud Logging's buckets. Callers at an identity's port may do what the table of rights grants it. */
export function makePubSubApp({ broker, project, controls }: PubSubAppOptions): EmulatorApp {
  const logBuckets = new LogBuckets();
  return {
    async answer(call) {
      if (call.method === "GET" && isMetricsPath(call.path)) {
        checkProject(call, "monitor");
        return jsonReply(200, listTimeSeries(broker, call.path, call.query));
      }
      const text = await readText(call.body, MAX_BODY_BYTES);
      if (isLogBucketsPath(call.path)) {
        if (call.method === "GET") checkProject(call, "inspect");
        else if (call.identity !== undefined) throw notGranted(call.identity);
        return jsonReply(200, logBuckets.answer(call, parseJson(text ?? "")));
      }
      const path = PATH.exec(call.path);
      const [, collection = "", named, kind = "", id, action = ""] = path ?? [];
      const route = ROUTES[`${call.method} ${kind}${id === undefined ? "" : "/{}"}${action}`];
      if (route === undefined) throw notEmulated(`${call.method} ${call.path}`);
      if (named !== project) {
        throw new RpcError("NOT_FOUND", `Requested project not found: ${named}`);
      }
      const name = id === undefined ? `projects/${project}` : `${collection}/${decode(id)}`;
      checkRight(call, name, route.verb);
      checkQuery(call.query, route.query ?? []);
      if (text === undefined) {
        throw new RpcError("INVALID_ARGUMENT", `A request takes ${MAX_BODY_BYTES} bytes`);
      }
      const { query } = call;
      const body = await route.run({ broker, name, query, body: parseJson(text) });
      return jsonReply(200, body ?? {});
    },
    failure(error) {
      const { status, body } = toRpcError(error);
      return jsonReply(status, body);
    },
    controls,
  };
}

function checkProject({ identity }: Call, verb: string): void {
  if (identity !== undefined && !isGranted(identity, "project", verb)) throw notGranted(identity);
}

/** `projects/p/topics/tintype-images` is `topic-images` in the table of rights. */
function checkRight({ identity }: Call, name: string, verb: string | undefined): void {
  if (identity === undefined) return;
  const [, , kind = "", id = ""] = name.split("/");
  const isProject = kind === "";
  const resource = isProject ? "project" : `${kind.slice(0, -1)}-${id.slice(id.indexOf("-") + 1)}`;
  if (verb !== undefined && isGranted(identity, resource, verb)) return;
  throw notGranted(identity);
}

function notGranted(identity: string): RpcError {
  const message = `User not authorized to perform this action (${identity}).`;
  return new RpcError("PERMISSION_DENIED", message);
}

function checkQuery(query: URLSearchParams, known: readonly string[]): void {
  for (const [key, value] of query) {
    const isKnown = ALT.includes(key) ? ALT_VALUES.includes(value) : known.includes(key);
    if (!isKnown) throw notEmulated(`${key}=${value}`);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A field that is null counts as absent (https://protobuf.dev/programming-guides/json/). */
function parseJson(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text, (_, value) => value === null ? undefined : value);
  } catch (cause) {
    throw new RpcError("INVALID_ARGUMENT", "Invalid JSON payload received.", { cause });
  }
}
