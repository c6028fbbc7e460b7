/** One Apache Kafka broker in KRaft mode: formatted once, run as a child, ended by SIGTERM. */
import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where a broker lives. */
export interface BrokerOptions {
  /** Folder of Kafka's jars. */
  readonly libs: string;
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
  /** Another listener, over TLS with SASL/SCRAM-SHA-512 and SASL/PLAIN; none where it is not given. */
  readonly secure?: SecureListener | undefined;
  /** Another listener, over TLS, for whoever shows a certificate; none where it is not given. */
  readonly mutual?: MutualListener | undefined;
  /** Port of one that wants both, the certificate of `mutual` and the user of `secure`; none where it is not given. */
  readonly secureMutualPort?: number | undefined;
}

/** Who may talk to the secure listener; the folder's first user stays. */
export interface SecureListener {
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/** What the listener for certificates shows, and whose certificates it takes. */
export interface MutualListener {
  readonly port: number;
  /** PEM file: the broker's key (PKCS #8) and its certificate. */
  readonly keystore: string;
  /** PEM file: the authority that signs the clients' certificates. */
  readonly truststore: string;
}

/** The largest record that the broker takes, in bytes: a plan's largest image and its headers. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** What a dead letter may have beside the record that it holds, in bytes. */
export const DEAD_LETTER_EXTRA_BYTES = 1024 * 1024;

/** Formats the broker's folder where that was not done, and starts it. */
export async function startBroker(
  options: BrokerOptions,
): Promise<ChildProcessByStdio<null, Readable, Readable>> {
  await mkdir(options.dataDir, { recursive: true });
  await writeFile(join(options.dataDir, CONFIG), serverProperties(options));
  if (options.secure !== undefined) await makeCertificate(options.dataDir);
  const classpath = join(options.libs, "*");
  if (!existsSync(join(options.dataDir, LOG, "meta.properties"))) {
    const clusterId = randomBytes(16).toString("base64url");
    await run("java", [
      "-cp",
      classpath,
      "kafka.tools.StorageTool",
      "format",
      // In one word, as an id may begin with a dash.
      `--cluster-id=${clusterId}`,
      `--config=${CONFIG}`,
      ...scramOf(options.secure),
    ], { cwd: options.dataDir });
  }
  const java = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-cp",
    classpath,
    "kafka.Kafka",
    CONFIG,
  ];
  return spawn("java", java, { cwd: options.dataDir, stdio: ["ignore", "pipe", "pipe"] });
}

/** The certificate of the secure listener as PEM, for its clients to trust. */
export async function certificateOf(dataDir: string): Promise<string> {
  return await readFile(join(dataDir, CERTIFICATE), "utf8");
}

// In Kafka's own configuration, read in the broker's folder: a folder's name may hold what properties cannot, or a comma,
// which parts `log.dirs` in two.
const CONFIG = "server.properties";
const LOG = "log";
const KEYSTORE = "secure.p12";
const CERTIFICATE = "secure.pem";
/** Protects a key that is made for this folder and good for this machine alone. */
const KEYSTORE_PASSWORD = "tintype-local";

/** A key pair and self-signed certificate for `localhost`, by the JDK's own tool. */
async function makeCertificate(dataDir: string): Promise<void> {
  const keystore = join(dataDir, KEYSTORE);
  if (existsSync(keystore)) return;
  const store = ["-keystore", keystore, "-storepass", KEYSTORE_PASSWORD, "-alias", "broker"];
  await run("keytool", [
    "-genkeypair",
    "-keyalg",
    "EC",
    "-storetype",
    "PKCS12",
    "-dname",
    "CN=localhost",
    "-ext",
    "SAN=dns:localhost,ip:127.0.0.1",
    "-validity",
    "30",
    ...store,
  ]);
  await run("keytool", [
    "-exportcert",
    "-rfc",
    "-file",
    join(dataDir, CERTIFICATE),
    ...store,
  ]);
}

function scramOf(secure: SecureListener | undefined): string[] {
  if (secure === undefined) return [];
  const { username, password } = secure;
  return ["--add-scram", `SCRAM-SHA-512=[name=${username},password=${password}]`];
}

function secureProperties(
  secure: SecureListener | undefined,
): Readonly<Record<string, string | number>> {
  if (secure === undefined) return {};
  return {
    "listener.name.secure.ssl.keystore.location": KEYSTORE,
    "listener.name.secure.ssl.keystore.type": "PKCS12",
    "listener.name.secure.ssl.keystore.password": KEYSTORE_PASSWORD,
    ...saslProperties("secure", secure),
    // Whoever comes without a name, as the other listener's, may do all; a named user what no rule forbids.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "allow.everyone.if.no.acl.found": "true",
  };
}

function saslProperties(listener: string, { username, password }: SecureListener) {
  const prefix = `listener.name.${listener}`;
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: "SCRAM-SHA-512,PLAIN",
    [`${prefix}.scram-sha-512.sasl.jaas.config`]:
      "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    [`${prefix}.plain.sasl.jaas.config`]:
      `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
  };
}

function mutualProperties(
  listener: string,
  mutual: MutualListener | undefined,
): Readonly<Record<string, string>> {
  if (mutual === undefined) return {};
  const prefix = `listener.name.${listener}.ssl`;
  return {
    [`${prefix}.client.auth`]: "required",
    [`${prefix}.keystore.type`]: "PEM",
    [`${prefix}.keystore.location`]: mutual.keystore,
    [`${prefix}.truststore.type`]: "PEM",
    [`${prefix}.truststore.location`]: mutual.truststore,
  };
}

function secureMutualProperties(
  { secure, mutual, secureMutualPort }: BrokerOptions,
): Readonly<Record<string, string>> {
  if (secureMutualPort === undefined || secure === undefined) return {};
  return {
    ...saslProperties("secure_mutual", secure),
    ...mutualProperties("secure_mutual", mutual),
  };
}

function serverProperties(options: BrokerOptions): string {
  const { port, controllerPort, secure, mutual, secureMutualPort } = options;
  const listeners = (host: string) =>
    [
      `PLAINTEXT://${host}:${port}`,
      ...(secure === undefined ? [] : [`SECURE://${host}:${secure.port}`]),
      ...(mutual === undefined ? [] : [`MUTUAL://${host}:${mutual.port}`]),
      ...(secureMutualPort === undefined ? [] : [`SECURE_MUTUAL://${host}:${secureMutualPort}`]),
    ].join(",");
  const lines: Readonly<Record<string, string | number>> = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@localhost:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    "listeners": `CONTROLLER://127.0.0.1:${controllerPort},${listeners("127.0.0.1")}`,
    "advertised.listeners": listeners("localhost"),
    "listener.security.protocol.map":
      "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,MUTUAL:SSL,SECURE_MUTUAL:SASL_SSL",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": LOG,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "auto.create.topics.enable": "false",
    "log.message.timestamp.type": "LogAppendTime",
    "message.max.bytes": MAX_MESSAGE_BYTES,
    "replica.fetch.max.bytes": MAX_MESSAGE_BYTES + DEAD_LETTER_EXTRA_BYTES,
    "socket.request.max.bytes": 2 * MAX_MESSAGE_BYTES,
    ...secureProperties(secure),
    ...mutualProperties("mutual", mutual),
    ...secureMutualProperties(options),
  };
  return Object.entries(lines).map(([key, value]) => `${key}=${value}\n`).join("");
}
