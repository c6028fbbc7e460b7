import { jsonReply } from "../http/call.ts";
import type { Route, RoutedCall } from "../http/declared_routes.ts";
import { notEmulated } from "../http/refusal.ts";
import type { Broker } from "./broker.ts";
import { RpcError } from "./rpc_error.ts";

type Status = ReturnType<Broker["status"]>;

/** Cloud Monitoring's metrics of a subscription that there are: whole seconds, and messages. */
const METRICS: Readonly<Record<string, (status: Status) => number>> = {
  "pubsub.googleapis.com/subscription/oldest_unacked_message_age": ({ oldestUnackedMs }) =>
    Math.floor((oldestUnackedMs ?? 0) / 1_000),
  "pubsub.googleapis.com/subscription/num_undelivered_messages": ({ unacked }) => unacked,
};

const INTERVAL = ["interval.startTime", "interval.endTime"];

/** Cloud Monitoring's `projects.timeSeries.list`. */
export const METRICS_ROUTES: Readonly<Record<string, Route<Broker>>> = {
  "GET /v3/projects/{project}/timeSeries": {
    verb: "monitor",
    query: `filter ${INTERVAL.join(" ")}`,
    run: (broker, call) => jsonReply(200, listTimeSeries(broker, call)),
  },
};

/**
 * Responds to `GET /v3/projects/P/timeSeries` (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list)
 * by a filter of one metric's type: the value of now for every subscription, where the interval holds it. The real one
 * samples every minute and shows it up to two minutes later.
 */
function listTimeSeries(broker: Broker, { name, query }: RoutedCall): unknown {
  const filter = query.get("filter") ?? "";
  const type = /^metric\.type\s*=\s*"([^"]+)"$/.exec(filter)?.[1];
  const valueOf = type === undefined ? undefined : METRICS[type];
  if (type === undefined || valueOf === undefined) throw notEmulated(`filter=${filter}`);
  const [startMs = NaN, endMs = NaN] = INTERVAL.map((name) => Date.parse(query.get(name) ?? ""));
  if (!(startMs <= endMs)) {
    const message =
      "Field interval.endTime had an invalid value: it must be set, and not before its start";
    throw new RpcError("INVALID_ARGUMENT", message);
  }
  const endTime = new Date(endMs).toISOString();
  const timeSeries = broker.subscriptions.all().map((subscription) => ({
    metric: { type },
    resource: {
      type: "pubsub_subscription",
      labels: { project_id: name("project"), subscription_id: subscription.name.split("/").at(-1) },
    },
    metricKind: "GAUGE",
    valueType: "INT64",
    points: [{
      interval: { startTime: endTime, endTime },
      value: { int64Value: String(valueOf(broker.status(subscription))) },
    }],
  }));
  return { timeSeries };
}
