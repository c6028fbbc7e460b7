/** A real broker and the local storage for the room's tests, on ports of their own; each test has topics of its own. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "kafkajs";
import { openClients, startBroker, waitForBroker } from "./broker.ts";
import { type Lane, openLane } from "./lane.ts";
import { startStore, type Store } from "./store.ts";
import { type Certificates, makeCertificates } from "./tls_certificates.ts";

/** Kafka's numbers of resource types. */
const RESOURCE = { topic: 2, group: 3 } as const;
const LITERAL_PATTERN = 3;
/** Kafka's numbers of operations and of what a rule says of them. */
const OPERATION = { all: 2, read: 3, write: 4, describe: 8, describeConfigs: 10 } as const;
const PERMISSION = { deny: 2, allow: 3 } as const;
const SECURE_USERNAME = "bridge";
const SECURE_PASSWORD = "a password for tests";

/** The broker, the storage, and a way to talk to each. */
export interface Cloud extends Store {
  readonly admin: Admin;
  readonly brokers: string;
  /** The bridge's variables for the listener with TLS and SASL/SCRAM. */
  readonly secure: Readonly<Record<string, string>>;
  /** The bridge's variables for the listener that wants a certificate. */
  readonly mutual: Readonly<Record<string, string>>;
  /** The bridge's variables for the listener that wants a certificate and SASL/SCRAM. */
  readonly secureMutual: Readonly<Record<string, string>>;
  readonly certificates: Certificates;
  lane(): Promise<Lane>;
  /** Kills the broker and starts it again, after `goneMs`, over the same data and port. */
  restartBroker(goneMs: number): Promise<void>;
  /** Runs something while the broker is there and silent. */
  whileSilent<Answer>(run: () => Promise<Answer>): Promise<Answer>;
  /** Lets the user of `secure` do that about a topic or a group, and nothing else. */
  allow(
    kind: keyof typeof RESOURCE,
    name: string,
    operations: readonly (keyof typeof OPERATION)[],
  ): Promise<void>;
  /** Forbids the user of `secure` everything about a topic or a group. */
  forbid(kind: keyof typeof RESOURCE, name: string): Promise<void>;
  /** Ends everything, the broker in order. */
  close(): Promise<void>;
}

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
  const brokers = String(url["url"]);
  const store = await startStore(folder);
  const clients = await openClients([brokers]);
  const { admin } = clients;
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
    ...store,
    admin,
    brokers,
    secure: {
      KAFKA_BROKERS: String(url["secureUrl"]),
      KAFKA_TLS: "true",
      KAFKA_TLS_CA: String(url["certificate"]),
      ...user,
    },
    mutual: { KAFKA_BROKERS: String(url["mutualUrl"]), ...certified },
    secureMutual: { KAFKA_BROKERS: String(url["secureMutualUrl"]), ...certified, ...user },
    certificates,
    lane: () => openLane({ ...clients, brokers, storageUrl: store.url }),
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
    async allow(kind, name, operations) {
      const rules = operations.map((each) =>
        ruleOf(kind, name, { operation: OPERATION[each], permissionType: PERMISSION.allow })
      );
      await admin.createAcls({ acl: rules });
    },
    async forbid(kind, name) {
      const rule = { operation: OPERATION.all, permissionType: PERMISSION.deny };
      await admin.createAcls({ acl: [ruleOf(kind, name, rule)] });
    },
    async close() {
      await clients.close();
      const code = await broker.kill("SIGTERM");
      await store.kill();
      await rm(folder, { recursive: true, force: true });
      assert.equal(code, 0, "the broker ends in order");
    },
  };
}

/** A rule about the user of `secure`. */
function ruleOf(
  kind: keyof typeof RESOURCE,
  resourceName: string,
  rule: { readonly operation: number; readonly permissionType: number },
) {
  return {
    resourceType: RESOURCE[kind],
    resourceName,
    resourcePatternType: LITERAL_PATTERN,
    principal: `User:${SECURE_USERNAME}`,
    host: "*",
    ...rule,
  };
}
