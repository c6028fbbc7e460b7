/** A real broker and the local storage for the package's tests, on ports of their own; each test has topics of its own. */
import assert from "node:assert/strict";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { startOauthProvider } from "./oauth_provider.ts";
import { batchesOf } from "../adapters/fetch/record_batch.ts";
import type { RecordPosition } from "../dead_letters/read_record_at.ts";
import { makeCertificates } from "./tls_certificates.ts";
import { openWorld, startBroker, waitForBroker } from "./world.ts";

/** Kafka's numbers of resource types. */
const RESOURCE = { topic: 2, group: 3 } as const;
const LITERAL_PATTERN = 3;
/** Kafka's numbers of operations and of what a rule says of them. */
const OPERATION = { all: 2, read: 3, write: 4, describe: 8, describeConfigs: 10 } as const;
const PERMISSION = { deny: 2, allow: 3 } as const;
const SECURE_USERNAME = "bridge";
const SECURE_PASSWORD = "a password for tests";

/** The broker, the storage, and a way to talk to each. */
export type Cloud = Exclude<Awaited<ReturnType<typeof startCloud>>, string>;

type ResourceKind = keyof typeof RESOURCE;
type OperationName = keyof typeof OPERATION;

/** Starts broker and storage; answers why there can be no broker where that is so. */
export async function startCloud() {
  const folder = await mkdtemp(join(tmpdir(), "tintype-bridge-"));
  const certificates = await makeCertificates(folder);
  if (typeof certificates === "string") {
    await rm(folder, { recursive: true, force: true });
    return certificates;
  }
  const jwksFile = join(folder, "jwks.json");
  const oauth = await startOauthProvider(jwksFile, {
    id: SECURE_USERNAME,
    secret: SECURE_PASSWORD,
  });
  const start = (port: string) =>
    startBroker({
      SECURE_JWKS: jwksFile,
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
  const first = await waitForBroker(broker);
  if (typeof first === "string") {
    oauth.close();
    await rm(folder, { recursive: true, force: true });
    return first;
  }
  /** Where the broker listens: all but the plain listener is elsewhere after a restart. */
  let url = first;
  const world = await openWorld([String(url["url"])]);
  const { admin, brokers } = world;
  /** Rules about what the user of `secure` may do. */
  const rule = async (
    permission: keyof typeof PERMISSION,
    resource: { readonly kind: ResourceKind; readonly name: string },
    operations: readonly OperationName[],
  ) => {
    const acl = operations.map((operation) => ({
      resourceType: RESOURCE[resource.kind],
      resourceName: resource.name,
      resourcePatternType: LITERAL_PATTERN,
      principal: `User:${SECURE_USERNAME}`,
      host: "*",
      operation: OPERATION[operation],
      permissionType: PERMISSION[permission],
    }));
    await admin.createAcls({ acl });
  };
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
    /** The bridge's variables for the listener with TLS and SASL/SCRAM. */
    get secure() {
      return {
        KAFKA_BROKERS: String(url["secureUrl"]),
        KAFKA_TLS: "true",
        KAFKA_TLS_CA: String(url["certificate"]),
        ...user,
      };
    },
    /** The bridge's variables for the listener that wants a certificate. */
    get mutual() {
      return { KAFKA_BROKERS: String(url["mutualUrl"]), ...certified };
    },
    /** The bridge's variables for the listener that wants a certificate and SASL/SCRAM. */
    get secureMutual() {
      return { KAFKA_BROKERS: String(url["secureMutualUrl"]), ...certified, ...user };
    },
    certificates,
    /** Kills the broker and starts it again over the same data and port. */
    async restartBroker(): Promise<void> {
      await broker.kill("SIGKILL");
      broker = start(brokers.split(":")[1] ?? "");
      url = await broker.line("listening");
    },
    /** Runs something while the broker is there and silent. */
    async whileSilent<Answer>(run: () => Promise<Answer>): Promise<Answer> {
      process.kill(-broker.pid, "SIGSTOP");
      try {
        return await run();
      } finally {
        process.kill(-broker.pid, "SIGCONT");
      }
    },
    /** Changes the batch that begins at an offset as it lies on the broker's disk, which it sends as it is. */
    async changeBatch(
      { topic, partition, offset }: RecordPosition,
      change: (batch: Buffer) => void,
    ): Promise<void> {
      const segment = `${"0".repeat(20)}.log`;
      const path = join(folder, "kafka", "log", `${topic}-${partition}`, segment);
      const file = await open(path, "r+");
      try {
        const set = await file.readFile();
        const batch = batchesOf(set).find(({ firstOffset }) => firstOffset === offset);
        assert.ok(batch !== undefined);
        change(batch.bytes);
        await file.write(
          batch.bytes,
          0,
          batch.bytes.byteLength,
          batch.bytes.byteOffset - set.byteOffset,
        );
      } finally {
        await file.close();
      }
    },
    /** Lets the user of `secure` do that about a topic or a group, and nothing else. */
    allow: (kind: ResourceKind, name: string, operations: readonly OperationName[]) =>
      rule("allow", { kind, name }, operations),
    /** Forbids the user of `secure` everything about a topic or a group. */
    forbid: (kind: ResourceKind, name: string) => rule("deny", { kind, name }, ["all"]),
    oauth,
    async close() {
      oauth.close();
      await world.close();
      const code = await broker.kill("SIGTERM");
      await rm(folder, { recursive: true, force: true });
      assert.equal(code, 0, "the broker ends in order");
    },
  };
}
