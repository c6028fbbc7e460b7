import { SLOW_LANES } from "@tintype/core/fairness/slow_lane";
import { retentionBoundsOf } from "@tintype/core/retention/bounds";
import { parseDeclared } from "../http/declared_body.ts";
import type { Broker } from "./broker.ts";
import { parseSubscription, type SubscriptionInput, subscriptionSchema } from "./resources.ts";

/** What the topology's addresses and times depend on. */
interface TopologyOptions
  extends Readonly<Record<"processorUrl" | "edgeUrl" | "webhooksUrl", string>> {
  readonly project: string;
  /** The retention period in milliseconds; message retention is a share of it. */
  readonly retentionMs: number;
}

/** The topic of Cloud Storage's events. */
export const EVENTS_TOPIC = "tintype-events";

/** A subscription of the table: how long it keeps messages, where they go, and what becomes of those that cannot. */
interface Row {
  readonly topic: string;
  readonly keeps: "eventsMs" | "webhooksMs" | "deadLettersMs";
  /** Whom messages are pushed to, and the path there. */
  readonly push?: readonly ["processorUrl" | "edgeUrl" | "webhooksUrl", path: string];
  /** The table of the dataset `tintype` that messages are written to. */
  readonly table?: string;
  /** Of all messages of the topic. */
  readonly filter?: string;
  /** How long who pulls has, in seconds; ten minutes where it is not given. */
  readonly ackSeconds?: number;
  readonly dead?: string;
}

const RECORDS = { topic: "tintype-images", keeps: "eventsMs" } as const;
const lanes = (prefix: string, row: Omit<Row, "topic">) =>
  Object.fromEntries(Array.from({ length: SLOW_LANES }, (_, lane) => {
    const topic = `${prefix}-${lane}`;
    return [topic, { ...row, topic }];
  }));
const letters = (topic: string, push?: Row["push"]): Row => ({
  topic,
  keeps: "deadLettersMs",
  ...push && { push },
});

/** Every subscription by its id, with its topic (infra/terraform/topics.tf). */
const SUBSCRIPTIONS: Readonly<Record<string, Row>> = {
  "tintype-events": {
    topic: EVENTS_TOPIC,
    keeps: "eventsMs",
    push: ["processorUrl", "/events/storage"],
    dead: "tintype-events-dead",
  },
  "tintype-events-dead": letters("tintype-events-dead", ["processorUrl", "/events/dead"]),
  // What is beyond its tenant's share.
  ...lanes("tintype-slow", {
    keeps: "eventsMs",
    push: ["processorUrl", "/events/slow"],
    dead: "tintype-slow-dead",
  }),
  "tintype-slow-dead": letters("tintype-slow-dead", ["processorUrl", "/events/dead"]),
  "tintype-images-bigquery": { ...RECORDS, table: "images", dead: "tintype-images-dead" },
  "tintype-certificates-bigquery": {
    topic: "tintype-certificates",
    keeps: "eventsMs",
    table: "purges",
    dead: "tintype-images-dead",
  },
  "tintype-images-edge": {
    ...RECORDS,
    push: ["edgeUrl", "/events/records"],
    filter:
      'attributes.source = "edge" AND (attributes.type = "image.rejected" OR attributes.tenant = "synthetic")',
    dead: "tintype-images-dead",
  },
  // Without a backoff: the bridge says when what it could not write may come again.
  "tintype-images-results": {
    ...RECORDS,
    filter: 'attributes.source = "kafka"',
    ackSeconds: 60,
  },
  "tintype-images-dead": letters("tintype-images-dead"),
  "tintype-images-webhooks": {
    ...RECORDS,
    push: ["webhooksUrl", "/events/images"],
    dead: "tintype-images-dead",
  },
  "tintype-webhooks-push": {
    topic: "tintype-webhooks",
    keeps: "webhooksMs",
    push: ["webhooksUrl", "/events/webhooks"],
    dead: "tintype-webhooks-dead",
  },
  // Those whose endpoint failed; the dispatcher itself ends them, after a day.
  ...lanes("tintype-webhooks-slow", { keeps: "webhooksMs", push: ["webhooksUrl", "/events/slow"] }),
  "tintype-webhooks-dead": letters("tintype-webhooks-dead"),
};

const PUSH_SECONDS = 600;
const MAX_ATTEMPTS = 100;
/** The API takes no less than ten minutes; a shortened period may shorten retention to one. */
const LEAST_KEPT_MS = 60_000;

/** Creates the project's topics and subscriptions where they are missing, and gives those that are there the table's settings; messages stay. */
export function makeTopology(broker: Broker, options: TopologyOptions): void {
  const project = `projects/${options.project}`;
  const bounds = retentionBoundsOf(options.retentionMs);
  for (const [id, row] of Object.entries(SUBSCRIPTIONS)) {
    const topic = `${project}/topics/${row.topic}`;
    if (!broker.topics.has(topic)) broker.topics.create({ name: topic });
    const subscription = parseSubscription(
      `${project}/subscriptions/${id}`,
      parseDeclared(subscriptionSchema, inputOf(row, options)),
    );
    const keptMs = Math.max(LEAST_KEPT_MS, bounds[row.keeps]);
    broker.subscriptions.put({ ...subscription, messageRetentionDuration: `${keptMs / 1_000}s` });
  }
}

function inputOf(row: Row, { project, ...options }: TopologyOptions): SubscriptionInput {
  const { topic, filter, push, table, dead, ackSeconds = PUSH_SECONDS } = row;
  const topicOf = (id: string) => `projects/${project}/topics/${id}`;
  const serviceAccountEmail = `push@${project}.iam.gserviceaccount.com`;
  const pushEndpoint = push && options[push[0]] + push[1];
  return {
    topic: topicOf(topic),
    ackDeadlineSeconds: ackSeconds,
    expirationPolicy: {},
    ...(push ?? table) && { retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" } },
    ...dead && {
      deadLetterPolicy: { deadLetterTopic: topicOf(dead), maxDeliveryAttempts: MAX_ATTEMPTS },
    },
    ...filter && { filter },
    ...pushEndpoint && {
      pushConfig: { pushEndpoint, oidcToken: { serviceAccountEmail, audience: pushEndpoint } },
    },
    ...table && {
      bigqueryConfig: { table: `${project}.tintype.${table}`, useTableSchema: true },
    },
  };
}
