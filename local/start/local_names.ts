/** The names and addresses of the local cloud (DESIGN, "One machine"). */
export const LOCAL = {
  project: "tintype-local",
  rawBucket: "tintype-raw",
  processedBucket: "tintype-processed",
  certificatesBucket: "tintype-certificates",
  dataset: "tintype",
  audience: "tintype",
  tenantClaim: "tenant",
  /** Tenant of the pictures that `start` sends through the edge. */
  tenant: "demo",
  pushAccount: "push@tintype-local.iam.gserviceaccount.com",
  schedulerAccount: "scheduler@tintype-local.iam.gserviceaccount.com",
  kafka: {
    topic: "images",
    deadLetterTopic: "images.dlq",
    group: "tintype-bridge",
    cluster: "local",
    tenant: "stream",
  },
} as const;

/** The port of each part. */
export const PORTS = {
  edge: 8787,
  processor: 8080,
  bridge: 8081,
  storage: 9023,
  /** The same storage for callers who have the processor's, the bridge's rights only. */
  storageAsProcessor: 9024,
  storageAsBridge: 9025,
  bigquery: 9050,
  oidc: 9080,
  kafka: 9092,
} as const;

/** Where `--trace` collects spans: OTLP/HTTP's own port. */
export const TRACES_PORT = 4318;

/** The address of each part that speaks HTTP. */
export const URLS = {
  edge: `http://localhost:${PORTS.edge}`,
  processor: `http://localhost:${PORTS.processor}`,
  bridge: `http://localhost:${PORTS.bridge}`,
  storage: `http://localhost:${PORTS.storage}`,
  bigquery: `http://localhost:${PORTS.bigquery}`,
  oidc: `http://localhost:${PORTS.oidc}`,
} as const;

/** The storage as an identity of the cloud's table of rights reaches it. */
export const STORAGE_URLS = {
  processor: `http://localhost:${PORTS.storageAsProcessor}`,
  bridge: `http://localhost:${PORTS.storageAsBridge}`,
} as const;
