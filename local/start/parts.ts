/**
 * The parts of the system as commands: what runs each, what it is told, where it answers.
 * The production parts run unchanged; only their addresses are those of the stand-ins.
 */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { denoFlags, LOCAL_HOSTS } from "@tintype/processor/permissions";
import type { Identities } from "./identities.ts";
import { LOCAL, PORTS, STORAGE_URLS, URLS } from "./local_names.ts";
import type { PartCommand } from "./part_process.ts";

/** Where things are and what was asked for. */
export interface PartsContext {
  /** The project's root folder. */
  readonly root: string;
  readonly dataDir: string;
  /** Node 24 or newer. */
  readonly node: string;
  readonly deno: string;
  readonly identities: Identities;
  readonly retentionMs: number;
  /** Whether the stand-ins tell of every request. */
  readonly verbose: boolean;
  /** Whoever collects spans, an address without a path; undefined where nobody does. */
  readonly collectorUrl?: string | undefined;
  /** What every part inherits: PATH, HOME and the like, no secret. */
  readonly inherited: Readonly<Record<string, string>>;
}

const READY_MS = 60_000;
/** Fetching Kafka for the first time takes its time. */
const KAFKA_READY_MS = 360_000;

/** The stand-ins that everything else needs. */
export function cloudParts(context: PartsContext): PartCommand[] {
  return [
    emulator(context, { name: "oidc", port: PORTS.oidc, url: URLS.oidc, env: {} }),
    emulator(context, {
      name: "storage",
      port: PORTS.storage,
      url: URLS.storage,
      env: {
        IDENTITIES: identitiesFile(context),
        IDENTITY_PORTS: `processor:${PORTS.storageAsProcessor},bridge:${PORTS.storageAsBridge}`,
        CORS_ORIGINS: `${URLS.edge},http://127.0.0.1:${PORTS.edge}`,
        ISSUER_URL: URLS.oidc,
        PROCESSOR_URL: URLS.processor,
        RETENTION_MS: String(context.retentionMs),
      },
    }),
    emulator(context, {
      name: "bigquery",
      port: PORTS.bigquery,
      url: URLS.bigquery,
      env: { RETENTION_MS: String(context.retentionMs) },
    }),
  ];
}

/** The production parts of the road from the edge. */
export function roadParts(context: PartsContext): PartCommand[] {
  return [processorPart(context), edgePart(context)];
}

function emulator(
  { node, root, dataDir, inherited, verbose }: PartsContext,
  { name, port, url, env }: {
    readonly name: "oidc" | "storage" | "bigquery";
    readonly port: number;
    readonly url: string;
    readonly env: Readonly<Record<string, string>>;
  },
): PartCommand {
  return {
    name,
    colour: ({ oidc: "gray", storage: "blue", bigquery: "magenta" } as const)[name],
    command: node,
    args: ["--disable-warning=ExperimentalWarning", `local/${name}/serve.ts`],
    env: {
      ...inherited,
      ...env,
      PORT: String(port),
      DATA_DIR: join(dataDir, name),
      LOG_LEVEL: verbose ? "info" : "warn",
    },
    cwd: root,
    healthUrl: `${url}/healthz`,
    readyMs: READY_MS,
  };
}

function processorPart(
  { deno, root, retentionMs, inherited, collectorUrl }: PartsContext,
): PartCommand {
  return {
    name: "processor",
    colour: "green",
    command: deno,
    args: ["run", ...denoFlags({ denoPath: deno, hosts: LOCAL_HOSTS }), "processor/main.ts"],
    env: {
      ...inherited,
      ...(collectorUrl === undefined ? {} : processorTelemetry(collectorUrl)),
      PORT: String(PORTS.processor),
      RAW_BUCKET: LOCAL.rawBucket,
      PROCESSED_BUCKET: LOCAL.processedBucket,
      CERTIFICATES_BUCKET: LOCAL.certificatesBucket,
      GOOGLE_CLOUD_PROJECT: LOCAL.project,
      DATASET: LOCAL.dataset,
      STORAGE_ENDPOINT: STORAGE_URLS.processor,
      BIGQUERY_ENDPOINT: URLS.bigquery,
      PUSH_AUDIENCE: URLS.processor,
      PUSH_SERVICE_ACCOUNT: LOCAL.pushAccount,
      SCHEDULER_SERVICE_ACCOUNT: LOCAL.schedulerAccount,
      OIDC_JWKS_URL: `${URLS.oidc}/google/certs`,
      RETENTION_MS: String(retentionMs),
      TENANT_PLANS: tenantPlans(),
    },
    cwd: root,
    healthUrl: `${URLS.processor}/healthz`,
    readyMs: READY_MS,
  };
}

/** Deno's own exporter (https://docs.deno.com/runtime/fundamentals/open_telemetry/), spans only and often. */
function processorTelemetry(collectorUrl: string): Record<string, string> {
  return {
    OTEL_DENO: "true",
    OTEL_DENO_CONSOLE: "ignore",
    OTEL_SERVICE_NAME: "processor",
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_DENO_METRICS: "false",
    OTEL_BSP_SCHEDULE_DELAY: "500",
  };
}

function edgePart(context: PartsContext): PartCommand {
  const { node, root, dataDir, inherited } = context;
  return {
    name: "edge",
    colour: "cyan",
    command: node,
    args: [
      "node_modules/wrangler/bin/wrangler.js",
      "dev",
      "--port",
      String(PORTS.edge),
      "--ip",
      "127.0.0.1",
      "--persist-to",
      join(dataDir, "edge"),
      "--env-file",
      edgeEnvFile(context),
      "--show-interactive-dev-session=false",
    ],
    env: {
      ...inherited,
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      CI: "true",
    },
    cwd: root,
    healthUrl: `${URLS.edge}/healthz`,
    readyMs: READY_MS,
  };
}

/** The local broker, and the Kafka door in front of the one at `brokers`. */
export function kafkaParts(context: PartsContext, brokers: string | undefined): PartCommand[] {
  const bridge = bridgePart(context, brokers ?? `localhost:${PORTS.kafka}`);
  return brokers === undefined ? [kafkaPart(context), bridge] : [bridge];
}

function kafkaPart({ node, root, dataDir, inherited }: PartsContext): PartCommand {
  return {
    name: "kafka",
    colour: "white",
    command: node,
    args: ["--disable-warning=TimeoutNegativeWarning", "local/kafka/serve.ts"],
    env: {
      ...inherited,
      PORT: String(PORTS.kafka),
      DATA_DIR: join(dataDir, "kafka"),
      // Without it Java finds no folder whose name is not ASCII.
      LC_ALL: "C.UTF-8",
    },
    cwd: root,
    healthUrl: undefined,
    readyMs: KAFKA_READY_MS,
  };
}

function bridgePart(
  { node, root, identities, retentionMs, inherited, collectorUrl }: PartsContext,
  brokers: string,
): PartCommand {
  return {
    name: "bridge",
    colour: "yellow",
    command: node,
    args: ["--disable-warning=TimeoutNegativeWarning", "kafka-bridge/main.ts"],
    env: {
      ...inherited,
      ...(collectorUrl === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }),
      PORT: String(PORTS.bridge),
      KAFKA_BROKERS: brokers,
      KAFKA_CLUSTER: LOCAL.kafka.cluster,
      KAFKA_TOPICS: LOCAL.kafka.topic,
      KAFKA_DEAD_LETTER_TOPIC: LOCAL.kafka.deadLetterTopic,
      KAFKA_GROUP: LOCAL.kafka.group,
      RAW_BUCKET: LOCAL.rawBucket,
      GOOGLE_CLOUD_PROJECT: LOCAL.project,
      STORAGE_ENDPOINT: STORAGE_URLS.bridge,
      PSEUDONYM_KEYS: JSON.stringify(identities.pseudonymKeys),
      TENANT_PLANS: tenantPlans(),
      RETENTION_MS: String(retentionMs),
    },
    cwd: root,
    healthUrl: `${URLS.bridge}/readyz`,
    readyMs: READY_MS,
  };
}

/** The plans of the local tenants: the upload page's origin may call, and the Kafka topic belongs to its tenant. */
export function tenantPlans(): string {
  return JSON.stringify({
    default: { corsOrigins: [URLS.edge] },
    kafkaTopics: { [LOCAL.kafka.topic]: { tenant: LOCAL.kafka.tenant } },
  });
}

function identitiesFile({ dataDir, identities }: PartsContext): string {
  return writeSecret(
    join(dataDir, "storage_identities.json"),
    JSON.stringify({ hmacKeys: [identities.edgeKey], rsaKeys: [] }),
  );
}

/** The worker's variables and secrets by file, so that no secret stands in a command line. */
function edgeEnvFile(
  { dataDir, identities, retentionMs, collectorUrl }: PartsContext,
): string {
  const { accessId, secret } = identities.edgeKey;
  const values: Record<string, string> = {
    STORAGE_ENDPOINT: URLS.storage,
    RAW_BUCKET: LOCAL.rawBucket,
    PROCESSED_BUCKET: LOCAL.processedBucket,
    JWKS_URL: `${URLS.oidc}/.well-known/jwks.json`,
    ISSUER: URLS.oidc,
    AUDIENCE: LOCAL.audience,
    TENANT_CLAIM: LOCAL.tenantClaim,
    RETENTION_MS: String(retentionMs),
    TENANT_PLANS: tenantPlans(),
    SIGNING_KEY: JSON.stringify({ type: "hmac", accessId, secret }),
    PSEUDONYM_KEYS: JSON.stringify(identities.pseudonymKeys),
    CURSOR_KEY: identities.cursorKey,
    ...(collectorUrl === undefined ? {} : { OTLP_TRACES_URL: `${collectorUrl}/v1/traces` }),
    SIGN_IN: JSON.stringify({
      type: "development",
      tokenUrl: `${URLS.oidc}/token`,
      tenant: LOCAL.tenant,
    }),
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'`);
  return writeSecret(join(dataDir, "edge.env"), `${lines.join("\n")}\n`);
}

function writeSecret(file: string, text: string): string {
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}
