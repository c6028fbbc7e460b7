/** A real broker and the local storage for the package's tests, on ports of their own; each test has topics of its own. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { AclEntry } from "kafkajs";
import { type Certificates, makeCertificates } from "./tls_certificates.ts";
import { openWorld, startBroker, type TestWorld, waitForBroker } from "./world.ts";

/** Kafka's numbers of resource types. */
const RESOURCE = { topic: 2, group: 3 } as const;
const LITERAL_PATTERN = 3;
/** Kafka's numbers of operations and of what a rule says of them. */
const OPERATION = { all: 2, read: 3, write: 4, describe: 8, describeConfigs: 10 } as const;
const PERMISSION = { deny: 2, allow: 3 } as const;
const SECURE_USERNAME = "bridge";
const SECURE_PASSWORD = "a password for tests";

/** The broker, the storage, and a way to talk to each. */
export interface Cloud extends TestWorld {
  /** The bridge's variables for the listener with TLS and SASL/SCRAM. */
  readonly secure: Readonly<Record<string, string>>;
  /** The bridge's variables for the listener that wants a certificate. */
  readonly mutual: Readonly<Record<string, string>>;
  /** The bridge's variables for the listener that wants a certificate and SASL/SCRAM. */
  readonly secureMutual: Readonly<Record<string, string>>;
  readonly certificates: Certificates;
  /** Kills the broker and starts it again, after `goneMs`, over the same data and port. */
  restartBroker(goneMs: number): Promise<void>;
  /** Runs something while the broker is there and silent. */
  whileSilent<Answer>(run: () => Promise<Answer>): Promise<Answer>;
  /** Lets the user of `secure` do that about a topic or a group, and nothing else. */
  allow(kind: ResourceKind, name: string, operations: readonly OperationName[]): Promise<void>;
  /** Forbids the user of `secure` everything about a topic or a group. */
  forbid(kind: ResourceKind, name: string): Promise<void>;
}

type ResourceKind = keyof typeof RESOURCE;
type OperationName = keyof typeof OPERATION;
type RulePermission = keyof typeof PERMISSION;

/** Starts broker and storage; answers why there can be no broker where that is so. */
export async function startCloud(): Promise<Cloud | string> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-bridge-"));
  const certificates = await makeCertificates(folder);
  if (typeof certificates === "string") {
    await rm(folder, { recursive: true, force: true });
    return certificates;
  }
  const start = (port: string) =>
    startBroker({
      PORT: port,
      CONTROLLER_PORT: "0",
      DATA_DIR: join(folder, "kafka"),
      SECURE_PORT: "0",
      SECURE_USERNAME,
      SECURE_PASSWORD,
      MUTUAL_PORT: "0",
      MUTUAL_KEYSTORE: certificates.brokerFile,
      MUTUAL_TRUSTSTORE: certificates.caFile,
      SECURE_MUTUAL_PORT: "0",
    });
  let broker = start("0");
  const url = await waitForBroker(broker);
  if (typeof url === "string") {
    await rm(folder, { recursive: true, force: true });
    return url;
  }
  const world = await openWorld([String(url["url"])]);
  const { admin, brokers } = world;
  const rule = async (acl: readonly AclEntry[]) => void await admin.createAcls({ acl: [...acl] });
  const user = {
    KAFKA_SASL_MECHANISM: "scram-sha-512",
    KAFKA_SASL_USERNAME: SECURE_USERNAME,
    KAFKA_SASL_PASSWORD: SECURE_PASSWORD,
  };
  const certified = {
    KAFKA_TLS: "true",
    KAFKA_TLS_CA: certificates.ca,
    KAFKA_TLS_CERT: certificates.client.cert,
    KAFKA_TLS_KEY: certificates.client.key,
  };
  return {
    ...world,
    secure: {
      KAFKA_BROKERS: String(url["secureUrl"]),
      KAFKA_TLS: "true",
      KAFKA_TLS_CA: String(url["certificate"]),
      ...user,
    },
    mutual: { KAFKA_BROKERS: String(url["mutualUrl"]), ...certified },
    secureMutual: { KAFKA_BROKERS: String(url["secureMutualUrl"]), ...certified, ...user },
    certificates,
    async restartBroker(goneMs) {
      await broker.kill("SIGKILL");
      await sleep(goneMs);
      broker = start(brokers.split(":")[1] ?? "");
      await broker.line("listening");
    },
    async whileSilent(run) {
      process.kill(-broker.pid, "SIGSTOP");
      try {
        return await run();
      } finally {
        process.kill(-broker.pid, "SIGCONT");
      }
    },
    allow: (kind, name, operations) =>
      rule(operations.map((operation) => ruleOf(kind, name, [operation, "allow"]))),
    forbid: (kind, name) => rule([ruleOf(kind, name, ["all", "deny"])]),
    async close() {
      await world.close();
      const code = await broker.kill("SIGTERM");
      await rm(folder, { recursive: true, force: true });
      assert.equal(code, 0, "the broker ends in order");
    },
  };
}

/** A rule about the user of `secure`. */
function ruleOf(
  kind: ResourceKind,
  resourceName: string,
  [operation, permission]: readonly [OperationName, RulePermission],
): AclEntry {
  return {
    resourceType: RESOURCE[kind],
    resourceName,
    resourcePatternType: LITERAL_PATTERN,
    principal: `User:${SECURE_USERNAME}`,
    host: "*",
    operation: OPERATION[operation],
    permissionType: PERMISSION[permission],
  };
}
