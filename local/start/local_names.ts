import { PORTS, TRACES_PORT, URLS } from "@tintype/cli/local_ports";

export { PORTS, TRACES_PORT, URLS };

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
