/**
 * The parts of the system as commands: what runs each, its variables, and where it listens.
 * The production parts run unchanged; only their addresses are those of the emulators.
 */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { denoFlags, LOCAL_HOSTS, type Service } from "@tintype/processor/permissions";
import type { Identities } from "./identities.ts";
import { LOCAL, PORTS, PUBSUB_URLS, STORAGE_URLS, URLS } from "./local_names.ts";
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
  /** Whether the emulators log every request. */
  readonly verbose: boolean;
  /** The collector of spans, an address without a path; undefined where there is none. */
  readonly collectorUrl?: string | undefined;
  /** What every part inherits: PATH, HOME and the like, no secret. */
  readonly inherited: Readonly<Record<string, string>>;
}

const READY_MS = 60_000;
/** Fetching Kafka for the first time takes its time. */
const KAFKA_READY_MS = 360_000;

const COLOURS = {
  oidc: "gray",
  storage: "blue",
  pubsub: "blue",
  bigquery: "magenta",
  processor: "green",
  keeper: "green",
  webhooks: "green",
  edge: "cyan",
  kafka: "white",
  bridge: "yellow",
} as const;

/** The emulators that everything else needs. */
export function cloudParts(context: PartsContext): PartCommand[] {
  const RETENTION_MS = String(context.retentionMs);
  return [
    emulator(context, "oidc", {}),
    emulator(context, "bigquery", { RETENTION_MS }),
    emulator(context, "pubsub", {
      IDENTITY_PORTS: identityPorts("pubsub"),
      ISSUER_URL: URLS.oidc,
      PROCESSOR_URL: URLS.processor,
      EDGE_URL: URLS.edge,
      KEEPER_URL: URLS.keeper,
      WEBHOOKS_URL: URLS.webhooks,
      BIGQUERY_URL: URLS.bigquery,
      RETENTION_MS,
    }),
    emulator(context, "storage", {
      IDENTITIES: identitiesFile(context),
      IDENTITY_PORTS: identityPorts("storage"),
      CORS_ORIGINS: `${URLS.edge},http://127.0.0.1:${PORTS.edge}`,
      PUBSUB_URL: URLS.pubsub,
      RETENTION_MS,
    }),
  ];
}

/** What is special of a part. */
type PartRun = Pick<PartCommand, "command" | "args" | "env" | "healthUrl"> & { readyMs?: number };

function part(context: PartsContext, name: keyof typeof COLOURS, run: PartRun): PartCommand {
  // Types are stripped and code is compiled once: a part starts with half the CPU.
  const NODE_COMPILE_CACHE = join(context.root, ".tintype/cache/node");
  const env = { NODE_COMPILE_CACHE, ...context.inherited, ...run.env };
  return { name, colour: COLOURS[name], cwd: context.root, readyMs: READY_MS, ...run, env };
}

function emulator(
  context: PartsContext,
  name: "oidc" | "storage" | "pubsub" | "bigquery" | "edge",
  env: Readonly<Record<string, string>>,
): PartCommand {
  return part(context, name, {
    command: context.node,
    // Megabytes pass by as buffers: marking in steps costs twice what marking at once does.
    args: [
      "--disable-warning=ExperimentalWarning",
      "--no-incremental-marking",
      `local/${name}/serve.ts`,
    ],
    env: {
      ...env,
      PORT: String(PORTS[name]),
      DATA_DIR: join(context.dataDir, name),
      LOG_LEVEL: context.verbose ? "info" : "warn",
    },
    healthUrl: `${URLS[name]}/healthz`,
  });
}

/** The ports of the identities that call an emulator, as it takes them. */
function identityPorts(emulator: "storage" | "pubsub"): string {
  const ports = {
    processor: PORTS[`${emulator}AsProcessor`],
    bridge: PORTS[`${emulator}AsBridge`],
    keeper: PORTS[`${emulator}AsKeeper`],
    webhooks: PORTS[`${emulator}AsWebhooks`],
  };
  return Object.entries(ports).map(([identity, port]) => `${identity}:${port}`).join(",");
}

/** The processor, with the rights that its identity has. */
export function processorPart(context: PartsContext): PartCommand {
  const { collectorUrl } = context;
  return denoService(context, "processor", {
    program: "processor/main.ts",
    env: {
      ...(collectorUrl === undefined ? {} : processorTelemetry(collectorUrl)),
      PUSH_SERVICE_ACCOUNT: LOCAL.pushAccount,
    },
  });
}

/** The keeper: the processor's image under another command, with rights of its own; its spans are no image's. */
export function keeperPart(context: PartsContext): PartCommand {
  return denoService(context, "keeper", {
    program: "processor/keeper.ts",
    env: {
      CERTIFICATES_BUCKET: LOCAL.certificatesBucket,
      CERTIFICATE_KEY: context.identities.certificateKey,
      PSEUDONYM_KEYS: JSON.stringify(context.identities.pseudonymKeys),
      DATASET: LOCAL.dataset,
      BIGQUERY_ENDPOINT: URLS.bigquery,
      SCHEDULER_SERVICE_ACCOUNT: LOCAL.schedulerAccount,
      KEEPER_SERVICE_ACCOUNT: LOCAL.keeperAccount,
      SWEEP_PARTS: "2",
      MONITORING_ENDPOINT: PUBSUB_URLS.keeper,
      LOGGING_ENDPOINT: PUBSUB_URLS.keeper,
      METADATA_ENDPOINT: URLS.oidc,
    },
  });
}

/** The webhook dispatcher: the processor's image under another command; receivers listen on this machine. */
export function webhooksPart(context: PartsContext): PartCommand {
  return denoService(context, "webhooks", {
    program: "processor/webhooks.ts",
    env: {
      PUSH_SERVICE_ACCOUNT: LOCAL.pushAccount,
      WEBHOOKS_TOPIC: LOCAL.webhooksTopic,
      WEBHOOK_MASTER: context.identities.webhookMaster,
      ALLOW_LOOPBACK: "true",
    },
  });
}

/** A service of the processor's image, and what it alone reads. */
function denoService(
  context: PartsContext,
  service: Service,
  { program, env }: { readonly program: string; readonly env: Readonly<Record<string, string>> },
): PartCommand {
  const { deno } = context;
  return part(context, service, {
    command: deno,
    args: ["run", ...denoFlags(service, { denoPath: deno, hosts: LOCAL_HOSTS }), program],
    env: {
      PORT: String(PORTS[service]),
      RAW_BUCKET: LOCAL.rawBucket,
      PROCESSED_BUCKET: LOCAL.processedBucket,
      ERASURES_BUCKET: LOCAL.erasuresBucket,
      CONFIG_BUCKET: LOCAL.configBucket,
      GOOGLE_CLOUD_PROJECT: LOCAL.project,
      STORAGE_ENDPOINT: STORAGE_URLS[service],
      PUBSUB_ENDPOINT: PUBSUB_URLS[service],
      AUDIENCE: URLS[service],
      OIDC_JWKS_URL: `${URLS.oidc}/google/certs`,
      RETENTION_MS: String(context.retentionMs),
      ...env,
    },
    healthUrl: `${URLS[service]}/healthz`,
  });
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

/** The worker in workerd. */
export function edgePart(context: PartsContext): PartCommand {
  return emulator(context, "edge", {
    BINDINGS: JSON.stringify(edgeBindings(context)),
    TRIGGERS_PORT: String(PORTS.edgeTriggers),
  });
}

/** The local broker. */
export function brokerPart(context: PartsContext): PartCommand {
  return part(context, "kafka", {
    command: context.node,
    args: ["--disable-warning=TimeoutNegativeWarning", "local/kafka/serve.ts"],
    env: {
      PORT: String(PORTS.kafka),
      DATA_DIR: join(context.dataDir, "kafka"),
      // Without it Java finds no folder whose name is not ASCII.
      LC_ALL: "C.UTF-8",
    },
    healthUrl: undefined,
    readyMs: KAFKA_READY_MS,
  });
}

/** The bridge, which reads from the brokers. */
export function bridgePart(context: PartsContext, brokers: string): PartCommand {
  const { node, identities, collectorUrl } = context;
  return part(context, "bridge", {
    command: node,
    args: ["--disable-warning=TimeoutNegativeWarning", "kafka-bridge/main.ts"],
    env: {
      ...(collectorUrl === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }),
      PORT: String(PORTS.bridge),
      KAFKA_BROKERS: brokers,
      KAFKA_CLUSTER: LOCAL.kafka.cluster,
      KAFKA_TOPICS: LOCAL.kafka.topic,
      KAFKA_DEAD_LETTER_TOPIC: LOCAL.kafka.deadLetterTopic,
      KAFKA_GROUP: LOCAL.kafka.group,
      RAW_BUCKET: LOCAL.rawBucket,
      CONFIG_BUCKET: LOCAL.configBucket,
      RESULTS_SUBSCRIPTION: LOCAL.kafka.resultsSubscription,
      GOOGLE_CLOUD_PROJECT: LOCAL.project,
      STORAGE_ENDPOINT: STORAGE_URLS.bridge,
      PUBSUB_ENDPOINT: PUBSUB_URLS.bridge,
      PSEUDONYM_KEYS: JSON.stringify(identities.pseudonymKeys),
      RETENTION_MS: String(context.retentionMs),
    },
    healthUrl: `${URLS.bridge}/readyz`,
  });
}

function identitiesFile({ dataDir, identities }: PartsContext): string {
  const file = join(dataDir, "storage_identities.json");
  const { edgeKey, originalsKey } = identities;
  writeFileSync(file, JSON.stringify({ hmacKeys: [edgeKey, originalsKey], rsaKeys: [] }), {
    mode: 0o600,
  });
  chmodSync(file, 0o600);
  return file;
}

/** The worker's variables and secrets. */
function edgeBindings({ identities, collectorUrl, retentionMs }: PartsContext) {
  const signingKey = ({ accessId, secret }: typeof identities.edgeKey) =>
    JSON.stringify({ type: "hmac", accessId, secret });
  const signIn = { type: "development", tokenUrl: `${URLS.oidc}/token`, tenant: LOCAL.tenant };
  return {
    STORAGE_ENDPOINT: URLS.storage,
    RAW_BUCKET: LOCAL.rawBucket,
    PROCESSED_BUCKET: LOCAL.processedBucket,
    ERASURES_BUCKET: LOCAL.erasuresBucket,
    CONFIG_BUCKET: LOCAL.configBucket,
    JWKS_URL: `${URLS.oidc}/.well-known/jwks.json`,
    ISSUER: URLS.oidc,
    AUDIENCE: LOCAL.audience,
    TENANT_CLAIM: LOCAL.tenantClaim,
    RETENTION_MS: String(retentionMs),
    SIGNING_KEY: signingKey(identities.edgeKey),
    ORIGINALS_KEY: signingKey(identities.originalsKey),
    PSEUDONYM_KEYS: JSON.stringify(identities.pseudonymKeys),
    CURSOR_KEY: identities.cursorKey,
    PUSH_ACCOUNT: LOCAL.pushAccount,
    PUSH_AUDIENCE: `${URLS.edge}/events/records`,
    PUSH_KEYS_URL: `${URLS.oidc}/google/certs`,
    GRANT_KEY: identities.grantKey,
    ...(collectorUrl === undefined ? {} : { OTLP_TRACES_URL: `${collectorUrl}/v1/traces` }),
    SIGN_IN: JSON.stringify(signIn),
  };
}
