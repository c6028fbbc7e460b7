/** The calls of Pub/Sub's REST API v1 (https://cloud.google.com/pubsub/docs/reference/rest), by method and path. */
import * as z from "zod";
import { jsonReply, type Reply } from "../http/call.ts";
import { parseDeclared } from "../http/declared_body.ts";
import { type Route, type RoutedCall, withBody } from "../http/declared_routes.ts";
import { notEmulated } from "../http/refusal.ts";
import type { Broker } from "./broker.ts";
import type { Leased, LeaseName } from "./message_store.ts";
import { parsePublish, publishSchema } from "./publish_request.ts";
import {
  FIXED_FIELDS,
  parseSubscription,
  parseTopic,
  type Subscription,
  subscriptionSchema,
  topicSchema,
} from "./resources.ts";
import { RpcError } from "./rpc_error.ts";

const MAX_PULLED = 1_000;
const PULL_WAIT_MS = 10_000;
const DEFAULT_PAGE = 100;
const LIST_QUERY = "pageSize pageToken";
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

const PROJECT = "/v1/projects/{project}";
const TOPIC = `${PROJECT}/topics/{topic}`;
const SUBSCRIPTION = `${PROJECT}/subscriptions/{subscription}`;
const EMPTY: Reply = jsonReply(200, {});

/** Every call. */
export const ROUTES: Readonly<Record<string, Route<Broker>>> = {
  [`PUT ${TOPIC}`]: withBody(topicSchema, {
    run: ({ topics }, call, body) => jsonReply(200, topics.create(parseTopic(nameOf(call), body))),
  }),
  [`GET ${TOPIC}`]: { run: ({ topics }, call) => jsonReply(200, topics.get(nameOf(call))) },
  [`GET ${PROJECT}/topics`]: {
    verb: "inspect",
    query: LIST_QUERY,
    run: ({ topics }, call) => pageOf("topics", topics.all(), call),
  },
  [`DELETE ${TOPIC}`]: {
    run(broker, call) {
      broker.removeTopic(nameOf(call));
      return EMPTY;
    },
  },
  [`POST ${TOPIC}:publish`]: withBody(publishSchema, {
    verb: "publish",
    run: (broker, call, body) =>
      jsonReply(200, { messageIds: broker.publish(nameOf(call), parsePublish(body)) }),
  }),
  [`PUT ${SUBSCRIPTION}`]: withBody(subscriptionSchema, {
    run: (broker, call, body) =>
      described(broker.createSubscription(parseSubscription(nameOf(call), body))),
  }),
  [`GET ${SUBSCRIPTION}`]: {
    run: ({ subscriptions }, call) => described(subscriptions.get(nameOf(call))),
  },
  [`GET ${PROJECT}/subscriptions`]: {
    verb: "inspect",
    query: LIST_QUERY,
    run: ({ subscriptions }, call) => {
      const all = subscriptions.all().map((each) => ({ ...each, state: "ACTIVE" }));
      return pageOf("subscriptions", all, call);
    },
  },
  [`DELETE ${SUBSCRIPTION}`]: {
    run(broker, call) {
      broker.removeSubscription(nameOf(call));
      return EMPTY;
    },
  },
  [`PATCH ${SUBSCRIPTION}`]: withBody(patchSchema, { run: patchSubscription }),
  [`POST ${SUBSCRIPTION}:modifyPushConfig`]: withBody(pushConfigSchema, {
    run(broker, call, { pushConfig }) {
      changeSubscription(broker, call, { pushConfig });
      return EMPTY;
    },
  }),
  [`POST ${SUBSCRIPTION}:pull`]: withBody(pullSchema, { verb: "subscribe", run: pull }),
  [`POST ${SUBSCRIPTION}:acknowledge`]: withBody(acknowledgeSchema, {
    verb: "subscribe",
    run(broker, call, body) {
      const name = nameOf(call);
      for (const lease of leasesOf(broker, name, body)) broker.acknowledge(name, lease);
      return EMPTY;
    },
  }),
  [`POST ${SUBSCRIPTION}:modifyAckDeadline`]: withBody(deadlineSchema, {
    verb: "subscribe",
    run(broker, call, { ackDeadlineSeconds, ...body }) {
      const name = nameOf(call);
      for (const lease of leasesOf(broker, name, body)) {
        broker.extend(name, lease, ackDeadlineSeconds * 1_000);
      }
      return EMPTY;
    },
  }),
};

/** The full name of the topic or subscription that a call is about; the project's, `projects/P`, for a list. */
export function nameOf({ name }: RoutedCall): string {
  const project = `projects/${name("project")}`;
  if (name("topic") !== "") return `${project}/topics/${name("topic")}`;
  return name("subscription") === "" ? project : `${project}/subscriptions/${name("subscription")}`;
}

async function pull(
  broker: Broker,
  call: RoutedCall,
  { maxMessages, returnImmediately }: z.infer<typeof pullSchema>,
): Promise<Reply> {
  const name = nameOf(call);
  const { pushConfig, bigqueryConfig, deadLetterPolicy } = broker.subscriptions.get(name);
  if (pushConfig.pushEndpoint || bigqueryConfig) {
    const message = "This method is not supported for this subscription type.";
    throw new RpcError("FAILED_PRECONDITION", message);
  }
  const messages = await broker.pull(name, {
    limit: Math.min(MAX_PULLED, maxMessages),
    waitMs: returnImmediately ? 0 : PULL_WAIT_MS,
  });
  if (messages.length === 0) return EMPTY;
  const receivedMessages = messages.map((message) => ({
    ackId: `${message.seq}:${message.lease}`,
    message: pulledMessage(message),
    ...(deadLetterPolicy === undefined ? {} : { deliveryAttempt: message.attempts }),
  }));
  return jsonReply(200, { receivedMessages });
}

function pulledMessage({ id, data, attributes, published }: Leased) {
  return {
    ...(data === "" ? {} : { data }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    messageId: id,
    publishTime: new Date(published).toISOString(),
  };
}

function patchSubscription(
  broker: Broker,
  call: RoutedCall,
  { subscription: given, updateMask }: z.infer<typeof patchSchema>,
): Reply {
  const paths = updateMask.split(",");
  const fixed = paths.filter((path) => FIXED_FIELDS.includes(path));
  if (fixed.length > 0) {
    const message = `Cannot update ${fixed.join()}: it is fixed at creation`;
    throw new RpcError("INVALID_ARGUMENT", message);
  }
  const nested = paths.filter((path) => path.includes("."));
  if (nested.length > 0) throw notEmulated(`updateMask=${nested.join()}`);
  return changeSubscription(
    broker,
    call,
    Object.fromEntries(paths.map((path) => [path, given[path]])),
  );
}

/** A field that is undefined is set back to its default. A retention that the topology shortened is kept as it is. */
function changeSubscription(broker: Broker, call: RoutedCall, change: object): Reply {
  const name = nameOf(call);
  const { messageRetentionDuration, ...before } = broker.subscriptions.get(name);
  const wanted = JSON.parse(JSON.stringify({ ...before, ...change }));
  const kept = "messageRetentionDuration" in change ? {} : { messageRetentionDuration };
  return described(
    broker.changeSubscription({
      ...parseSubscription(name, parseDeclared(subscriptionSchema, wanted)),
      ...kept,
    }),
  );
}

function leasesOf(
  broker: Broker,
  name: string,
  request: { readonly ackIds: readonly string[] },
): LeaseName[] {
  broker.subscriptions.get(name);
  return request.ackIds.map((ackId): LeaseName => {
    const [, seq, lease] = /^(\d{1,15}):([a-z0-9]+)$/.exec(ackId) ?? [];
    if (seq !== undefined && lease !== undefined) return { seq: Number(seq), lease };
    const message = `You have passed an invalid ack ID to the service (ack_id=${ackId}).`;
    throw new RpcError("INVALID_ARGUMENT", message);
  });
}

function described(given: Subscription): Reply {
  return jsonReply(200, { ...given, state: "ACTIVE" });
}

function pageOf<Item extends { readonly name: string }>(
  field: string,
  all: readonly Item[],
  call: RoutedCall,
): Reply {
  const { query } = call;
  const name = nameOf(call);
  const size = Number(query.get("pageSize") ?? 0) || DEFAULT_PAGE;
  const after = query.get("pageToken") ?? "";
  const rest = all.filter((item) => item.name.startsWith(`${name}/`) && item.name > after);
  const page = rest.slice(0, size);
  const more = rest.length > size ? { nextPageToken: page.at(-1)?.name } : {};
  return jsonReply(200, { ...(page.length === 0 ? {} : { [field]: page }), ...more });
}
