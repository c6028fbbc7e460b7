import { retentionBoundsOf } from "@tintype/core/retention/bounds";
import type { Broker } from "./broker.ts";
import type { Subscription, SubscriptionInput } from "./resources.ts";
import { parseSubscription } from "./resources.ts";

/** What the topology's addresses and times depend on. */
export interface TopologyOptions {
  readonly project: string;
  /** Where events are pushed to; a base address without a slash at the end. */
  readonly processorUrl: string;
  /** The retention period in milliseconds; message retention is a share of it. */
  readonly retentionMs: number;
}

/** The topic of Cloud Storage's events. */
export const EVENTS_TOPIC = "tintype-events";

/** A subscription of the table: how long it keeps messages, and what the API is told beside. */
interface Row {
  readonly topic: string;
  readonly keeps: "events" | "deadLetters";
  /** The path of the processor that messages are pushed to. */
  readonly pushPath?: string;
  /** The table of the dataset `tintype` that messages are written to. */
  readonly table?: string;
  readonly deadLetterTopic?: string;
}

/** Every subscription by its id, with its topic (infra/terraform/topics.tf). */
const SUBSCRIPTIONS: Readonly<Record<string, Row>> = {
  "tintype-events": {
    topic: EVENTS_TOPIC,
    keeps: "events",
    pushPath: "/events/storage",
    deadLetterTopic: "tintype-events-dead",
  },
  "tintype-events-dead": {
    topic: "tintype-events-dead",
    keeps: "deadLetters",
    pushPath: "/events/dead",
  },
  "tintype-images-bigquery": {
    topic: "tintype-images",
    keeps: "events",
    table: "images",
    deadLetterTopic: "tintype-images-dead",
  },
  "tintype-certificates-bigquery": {
    topic: "tintype-certificates",
    keeps: "events",
    table: "purges",
    deadLetterTopic: "tintype-images-dead",
  },
  "tintype-images-dead": { topic: "tintype-images-dead", keeps: "deadLetters" },
};

const MAX_ATTEMPTS = 100;
/** The least that the API takes; a shorter period shortens retention to a minute at least. */
const API_LEAST_MS = 600_000;
const LOCAL_LEAST_MS = 60_000;

/** Creates the project's topics and subscriptions where they are missing, and gives those that are there the table's settings; messages stay. */
export function makeTopology(broker: Broker, options: TopologyOptions): void {
  const { catalog } = broker;
  for (const { topic } of Object.values(SUBSCRIPTIONS)) {
    const name = `projects/${options.project}/topics/${topic}`;
    if (!catalog.hasTopic(name)) catalog.createTopic({ name });
  }
  for (const [id, row] of Object.entries(SUBSCRIPTIONS)) {
    catalog.putSubscription(subscriptionOf(id, row, options));
  }
}

function subscriptionOf(id: string, row: Row, options: TopologyOptions): Subscription {
  const { project, processorUrl, retentionMs } = options;
  const { eventsMs, deadLettersMs } = retentionBoundsOf(retentionMs);
  const keepsMs = Math.max(LOCAL_LEAST_MS, row.keeps === "events" ? eventsMs : deadLettersMs);
  const topicName = (topic: string) => `projects/${project}/topics/${topic}`;
  const input: SubscriptionInput = {
    topic: topicName(row.topic),
    ackDeadlineSeconds: 600,
    messageRetentionDuration: secondsOf(Math.max(API_LEAST_MS, keepsMs)),
    expirationPolicy: {},
    retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" },
    ...row.deadLetterTopic !== undefined && {
      deadLetterPolicy: {
        deadLetterTopic: topicName(row.deadLetterTopic),
        maxDeliveryAttempts: MAX_ATTEMPTS,
      },
    },
    ...row.pushPath !== undefined && {
      pushConfig: {
        pushEndpoint: processorUrl + row.pushPath,
        oidcToken: {
          serviceAccountEmail: `push@${project}.iam.gserviceaccount.com`,
          audience: processorUrl + row.pushPath,
        },
      },
    },
    ...row.table !== undefined && {
      bigqueryConfig: { table: `${project}.tintype.${row.table}`, useTableSchema: true },
    },
  };
  const name = `projects/${project}/subscriptions/${id}`;
  return { ...parseSubscription(name, input), messageRetentionDuration: secondsOf(keepsMs) };
}

function secondsOf(ms: number): string {
  return `${ms / 1_000}s`;
}
