import { SLOW_LANES } from "@tintype/core/fairness/slow_lane";
import { retentionBoundsOf } from "@tintype/core/retention/bounds";
import { parseDeclared } from "../http/declared_body.ts";
import type { Broker } from "./broker.ts";
import { parseSubscription, type SubscriptionInput, subscriptionSchema } from "./resources.ts";

/** What the topology's addresses and times depend on. */
interface TopologyOptions {
  readonly project: string;
  /** Where events are pushed to; a base address without a slash at the end. */
  readonly processorUrl: string;
  /** Where records of rejected images are pushed to; a base address without a slash at the end. */
  readonly edgeUrl: string;
  /** Where records and webhooks are pushed to; a base address without a slash at the end. */
  readonly webhooksUrl: string;
  /** The retention period in milliseconds; message retention is a share of it. */
  readonly retentionMs: number;
}

/** The topic of Cloud Storage's events. */
export const EVENTS_TOPIC = "tintype-events";

/** A subscription of the table: how long it keeps messages, where they go, and what becomes of those that cannot. */
interface Row {
  readonly topic: string;
  readonly keeps: "eventsMs" | "webhooksMs" | "deadLettersMs";
  /** The path of the processor that messages are pushed to. */
  readonly pushPath?: string;
  /** The path of the edge that they are pushed to. */
  readonly edgePath?: string;
  /** The path of the webhook dispatcher that they are pushed to. */
  readonly webhooksPath?: string;
  /** Of all messages of the topic. */
  readonly filter?: string;
  /** How long who pulls has, in seconds; ten minutes where it is not given. */
  readonly ackSeconds?: number;
  /** The table of the dataset `tintype` that messages are written to. */
  readonly table?: string;
  readonly deadLetterTopic?: string;
}

/** The lanes of what is beyond its tenant's share. */
const SLOW = Array.from({ length: SLOW_LANES }, (_, lane): [string, Row] => {
  const topic = `tintype-slow-${lane}`;
  const deadLetterTopic = "tintype-slow-dead";
  return [topic, { topic, keeps: "eventsMs", pushPath: "/events/slow", deadLetterTopic }];
});

/** Those of webhooks whose endpoint failed; the dispatcher itself ends them, after a day. */
const SLOW_WEBHOOKS = Array.from({ length: SLOW_LANES }, (_, lane): [string, Row] => {
  const topic = `tintype-webhooks-slow-${lane}`;
  return [topic, { topic, keeps: "webhooksMs", webhooksPath: "/events/slow" }];
});

/** Every subscription by its id, with its topic (infra/terraform/topics.tf). */
const SUBSCRIPTIONS: Readonly<Record<string, Row>> = {
  "tintype-events": {
    topic: EVENTS_TOPIC,
    keeps: "eventsMs",
    pushPath: "/events/storage",
    deadLetterTopic: "tintype-events-dead",
  },
  "tintype-events-dead": {
    topic: "tintype-events-dead",
    keeps: "deadLettersMs",
    pushPath: "/events/dead",
  },
  ...Object.fromEntries(SLOW),
  "tintype-slow-dead": {
    topic: "tintype-slow-dead",
    keeps: "deadLettersMs",
    pushPath: "/events/dead",
  },
  "tintype-images-bigquery": {
    topic: "tintype-images",
    keeps: "eventsMs",
    table: "images",
    deadLetterTopic: "tintype-images-dead",
  },
  "tintype-certificates-bigquery": {
    topic: "tintype-certificates",
    keeps: "eventsMs",
    table: "purges",
    deadLetterTopic: "tintype-images-dead",
  },
  "tintype-images-edge": {
    topic: "tintype-images",
    keeps: "eventsMs",
    edgePath: "/events/records",
    filter:
      'attributes.source = "edge" AND (attributes.type = "image.rejected" OR attributes.tenant = "synthetic")',
    deadLetterTopic: "tintype-images-dead",
  },
  // Without a backoff: the bridge says when what it could not write may come again.
  "tintype-images-results": {
    topic: "tintype-images",
    keeps: "eventsMs",
    filter: 'attributes.source = "kafka"',
    ackSeconds: 60,
  },
  "tintype-images-dead": { topic: "tintype-images-dead", keeps: "deadLettersMs" },
  "tintype-images-webhooks": {
    topic: "tintype-images",
    keeps: "eventsMs",
    webhooksPath: "/events/images",
    deadLetterTopic: "tintype-images-dead",
  },
  "tintype-webhooks-push": {
    topic: "tintype-webhooks",
    keeps: "webhooksMs",
    webhooksPath: "/events/webhooks",
    deadLetterTopic: "tintype-webhooks-dead",
  },
  ...Object.fromEntries(SLOW_WEBHOOKS),
  "tintype-webhooks-dead": { topic: "tintype-webhooks-dead", keeps: "deadLettersMs" },
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

function inputOf(
  row: Row,
  { project, ...urls }: TopologyOptions,
): SubscriptionInput {
  const { filter, ackSeconds = PUSH_SECONDS } = row;
  const pushEndpoint = pushEndpointOf(row, urls);
  const serviceAccountEmail = `push@${project}.iam.gserviceaccount.com`;
  return {
    topic: `projects/${project}/topics/${row.topic}`,
    ackDeadlineSeconds: ackSeconds,
    expirationPolicy: {},
    ...ackSeconds === PUSH_SECONDS && {
      retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" },
    },
    ...row.deadLetterTopic !== undefined && {
      deadLetterPolicy: {
        deadLetterTopic: `projects/${project}/topics/${row.deadLetterTopic}`,
        maxDeliveryAttempts: MAX_ATTEMPTS,
      },
    },
    ...filter !== undefined && { filter },
    ...pushEndpoint !== undefined && {
      pushConfig: { pushEndpoint, oidcToken: { serviceAccountEmail, audience: pushEndpoint } },
    },
    ...row.table !== undefined && {
      bigqueryConfig: { table: `${project}.tintype.${row.table}`, useTableSchema: true },
    },
  };
}

function pushEndpointOf(
  { pushPath, edgePath, webhooksPath }: Row,
  { processorUrl, edgeUrl, webhooksUrl }: Omit<TopologyOptions, "project">,
): string | undefined {
  if (pushPath !== undefined) return processorUrl + pushPath;
  if (edgePath !== undefined) return edgeUrl + edgePath;
  return webhooksPath === undefined ? undefined : webhooksUrl + webhooksPath;
}
