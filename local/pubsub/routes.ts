/** The calls of Pub/Sub's REST API v1 (https://cloud.google.com/pubsub/docs/reference/rest), by method and path. */
import * as z from "zod";
import type { Broker } from "./broker.ts";
import type { Leased, LeaseName } from "./message_store.ts";
import { parsePublish } from "./publish_request.ts";
import {
  FIXED_FIELDS,
  parseBody,
  parseSubscription,
  parseTopic,
  type Subscription,
} from "./resources.ts";
import { notEmulated, RpcError } from "./rpc_error.ts";

/** A call that was routed. */
interface RoutedCall {
  readonly broker: Broker;
  /** The full name of the topic or subscription; the project's, `projects/P`, for a list. */
  readonly name: string;
  readonly query: URLSearchParams;
  /** The JSON of the body; `{}` where there is none. */
  readonly body: unknown;
}

/** A call: what an identity needs to be granted for it, and the JSON of its response; undefined is an empty one. */
interface Route {
  /** Only the project's owner may do what has no verb. */
  readonly verb?: "publish" | "subscribe" | "inspect";
  /** Query parameters beside `alt`. */
  readonly query?: readonly string[];
  readonly run: (call: RoutedCall) => unknown;
}

const MAX_PULLED = 1_000;
const PULL_WAIT_MS = 10_000;
const DEFAULT_PAGE = 100;
const LIST_QUERY = ["pageSize", "pageToken"];
const ackIds = z.array(z.string()).min(1).max(10_000);
const subscription = z.string().optional();
const pullSchema = z.strictObject({
  subscription,
  maxMessages: z.int().min(1),
  returnImmediately: z.boolean().default(false),
});
const acknowledgeSchema = z.strictObject({ subscription, ackIds });
const deadlineSchema = z.strictObject({
  subscription,
  ackIds,
  ackDeadlineSeconds: z.int().min(0).max(600).default(0),
});
const patchSchema = z.strictObject({
  subscription: z.record(z.string(), z.unknown()),
  updateMask: z.string().min(1),
});
const pushConfigSchema = z.strictObject({ subscription, pushConfig: z.unknown() });

/** Every call; `{}` is an id. */
export const ROUTES: Readonly<Record<string, Route>> = {
  "PUT topics/{}": {
    run: ({ broker, name, body }) => broker.topics.create(parseTopic(name, body)),
  },
  "GET topics/{}": { run: ({ broker, name }) => broker.topics.get(name) },
  "GET topics": {
    verb: "inspect",
    query: LIST_QUERY,
    run: (call) => pageOf("topics", call.broker.topics.all(), call),
  },
  "DELETE topics/{}": { run: ({ broker, name }) => broker.removeTopic(name) },
  "POST topics/{}:publish": {
    verb: "publish",
    run: ({ broker, name, body }) => ({ messageIds: broker.publish(name, parsePublish(body)) }),
  },
  "PUT subscriptions/{}": {
    run: ({ broker, name, body }) =>
      described(broker.createSubscription(parseSubscription(name, body))),
  },
  "GET subscriptions/{}": {
    run: ({ broker, name }) => described(broker.subscriptions.get(name)),
  },
  "GET subscriptions": {
    verb: "inspect",
    query: LIST_QUERY,
    run: (call) => pageOf("subscriptions", call.broker.subscriptions.all().map(described), call),
  },
  "DELETE subscriptions/{}": { run: ({ broker, name }) => broker.removeSubscription(name) },
  "PATCH subscriptions/{}": { run: patchSubscription },
  "POST subscriptions/{}:modifyPushConfig": {
    run(call) {
      const { pushConfig } = parseBody(pushConfigSchema, call.body);
      changeSubscription(call, { pushConfig });
    },
  },
  "POST subscriptions/{}:pull": { verb: "subscribe", run: pull },
  "POST subscriptions/{}:acknowledge": {
    verb: "subscribe",
    run(call) {
      const leases = leasesOf(call, parseBody(acknowledgeSchema, call.body));
      for (const lease of leases) call.broker.acknowledge(call.name, lease);
    },
  },
  "POST subscriptions/{}:modifyAckDeadline": {
    verb: "subscribe",
    run(call) {
      const { ackDeadlineSeconds, ...request } = parseBody(deadlineSchema, call.body);
      for (const lease of leasesOf(call, request)) {
        call.broker.extend(call.name, lease, ackDeadlineSeconds * 1_000);
      }
    },
  },
};

async function pull({ broker, name, body }: RoutedCall): Promise<unknown> {
  const { maxMessages, returnImmediately } = parseBody(pullSchema, body);
  const { pushConfig, bigqueryConfig, deadLetterPolicy } = broker.subscriptions.get(name);
  if (pushConfig.pushEndpoint || bigqueryConfig) {
    const message = "This method is not supported for this subscription type.";
    throw new RpcError("FAILED_PRECONDITION", message);
  }
  const messages = await broker.pull(name, {
    limit: Math.min(MAX_PULLED, maxMessages),
    waitMs: returnImmediately ? 0 : PULL_WAIT_MS,
  });
  if (messages.length === 0) return {};
  return {
    receivedMessages: messages.map((message) => ({
      ackId: `${message.seq}:${message.lease}`,
      message: pulledMessage(message),
      ...(deadLetterPolicy === undefined ? {} : { deliveryAttempt: message.attempts }),
    })),
  };
}

function pulledMessage({ id, data, attributes, published }: Leased) {
  return {
    ...(data === "" ? {} : { data }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    messageId: id,
    publishTime: new Date(published).toISOString(),
  };
}

function patchSubscription(call: RoutedCall): unknown {
  const { subscription: given, updateMask } = parseBody(patchSchema, call.body);
  const paths = updateMask.split(",");
  const fixed = paths.filter((path) => FIXED_FIELDS.includes(path));
  if (fixed.length > 0) {
    const message = `Cannot update ${fixed.join()}: it is fixed at creation`;
    throw new RpcError("INVALID_ARGUMENT", message);
  }
  const nested = paths.filter((path) => path.includes("."));
  if (nested.length > 0) throw notEmulated(`updateMask=${nested.join()}`);
  return changeSubscription(call, Object.fromEntries(paths.map((path) => [path, given[path]])));
}

/** A field that is undefined is set back to its default. A retention that the topology shortened is kept as it is. */
function changeSubscription({ broker, name }: RoutedCall, change: object): unknown {
  const { messageRetentionDuration, ...before } = broker.subscriptions.get(name);
  const wanted = JSON.parse(JSON.stringify({ ...before, ...change }));
  const kept = "messageRetentionDuration" in change ? {} : { messageRetentionDuration };
  return described(broker.changeSubscription({ ...parseSubscription(name, wanted), ...kept }));
}

function leasesOf({ broker, name }: RoutedCall, request: { readonly ackIds: readonly string[] }) {
  broker.subscriptions.get(name);
  return request.ackIds.map((ackId): LeaseName => {
    const [, seq, lease] = /^(\d{1,15}):([a-z0-9]+)$/.exec(ackId) ?? [];
    if (seq !== undefined && lease !== undefined) return { seq: Number(seq), lease };
    const message = `You have passed an invalid ack ID to the service (ack_id=${ackId}).`;
    throw new RpcError("INVALID_ARGUMENT", message);
  });
}

function described(given: Subscription) {
  return { ...given, state: "ACTIVE" };
}

function pageOf<Item extends { readonly name: string }>(
  field: string,
  all: readonly Item[],
  { name, query }: RoutedCall,
): unknown {
  const size = Number(query.get("pageSize") ?? 0) || DEFAULT_PAGE;
  const after = query.get("pageToken") ?? "";
  const rest = all.filter((item) => item.name.startsWith(`${name}/`) && item.name > after);
  const page = rest.slice(0, size);
  const more = rest.length > size ? { nextPageToken: page.at(-1)?.name } : {};
  return { ...(page.length === 0 ? {} : { [field]: page }), ...more };
}
