import process from "node:process";

/** The names and addresses of the local cloud (DESIGN, "One machine"). */
export const LOCAL = {
  project: "tintype-local",
  rawBucket: "tintype-raw",
  processedBucket: "tintype-processed",
  erasuresBucket: "tintype-erasures",
  certificatesBucket: "tintype-certificates",
  configBucket: "tintype-config",
  dataset: "tintype",
  audience: "tintype",
  tenantClaim: "tenant",
  /** Tenant of the pictures that `start` sends through the edge. */
  tenant: "demo",
  pushAccount: "push@tintype-local.iam.gserviceaccount.com",
  webhooksTopic: "tintype-webhooks",
  keeperAccount: "keeper@tintype-local.iam.gserviceaccount.com",
  schedulerAccount: "scheduler@tintype-local.iam.gserviceaccount.com",
  kafka: {
    topic: "images",
    deadLetterTopic: "images.dlq",
    resultsSubscription: "tintype-images-results",
    group: "tintype-bridge",
    cluster: "local",
    tenant: "stream",
  },
} as const;

/** Added to every port, so that tests can run several systems at once. */
const OFFSET = Number(process.env["TINTYPE_PORT_OFFSET"] ?? 0);

/** The port of each part. */
export const PORTS = {
  edge: 8787 + OFFSET,
  edgeTriggers: 8790 + OFFSET,
  processor: 8080 + OFFSET,
  bridge: 8081 + OFFSET,
  keeper: 8082 + OFFSET,
  webhooks: 8083 + OFFSET,
  storage: 9023 + OFFSET,
  /** The same storage for callers who have one identity's rights only. */
  storageAsProcessor: 9024 + OFFSET,
  storageAsBridge: 9025 + OFFSET,
  storageAsKeeper: 9026 + OFFSET,
  storageAsWebhooks: 9027 + OFFSET,
  pubsub: 9085 + OFFSET,
  /** The same Pub/Sub for callers who have one identity's rights only. */
  pubsubAsProcessor: 9086 + OFFSET,
  pubsubAsBridge: 9088 + OFFSET, // not 9087, which is an edge at offset 300
  pubsubAsKeeper: 9089 + OFFSET,
  pubsubAsWebhooks: 9090 + OFFSET,
  bigquery: 9050 + OFFSET,
  oidc: 9080 + OFFSET,
  kafka: 9092 + OFFSET,
} as const;

/** Where `--trace` collects spans: OTLP/HTTP's own port. */
export const TRACES_PORT: number = 4318 + OFFSET;

/** The address of each part that speaks HTTP. */
export const URLS = {
  edge: `http://localhost:${PORTS.edge}`,
  processor: `http://localhost:${PORTS.processor}`,
  bridge: `http://localhost:${PORTS.bridge}`,
  keeper: `http://localhost:${PORTS.keeper}`,
  webhooks: `http://localhost:${PORTS.webhooks}`,
  storage: `http://localhost:${PORTS.storage}`,
  pubsub: `http://localhost:${PORTS.pubsub}`,
  bigquery: `http://localhost:${PORTS.bigquery}`,
  oidc: `http://localhost:${PORTS.oidc}`,
} as const;

/** The storage as an identity of the cloud's table of rights reaches it. */
export const STORAGE_URLS = {
  processor: `http://localhost:${PORTS.storageAsProcessor}`,
  bridge: `http://localhost:${PORTS.storageAsBridge}`,
  keeper: `http://localhost:${PORTS.storageAsKeeper}`,
  webhooks: `http://localhost:${PORTS.storageAsWebhooks}`,
} as const;

/** Pub/Sub as an identity reaches it. */
export const PUBSUB_URLS = {
  processor: `http://localhost:${PORTS.pubsubAsProcessor}`,
  bridge: `http://localhost:${PORTS.pubsubAsBridge}`,
  keeper: `http://localhost:${PORTS.pubsubAsKeeper}`,
  webhooks: `http://localhost:${PORTS.pubsubAsWebhooks}`,
} as const;
