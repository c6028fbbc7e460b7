import { type ClusterPlan, replicationOf } from "./cluster_plan.ts";

/** One broker of a cluster, and who may talk to it. */
export interface ServerOptions {
  readonly cluster: ClusterPlan;
  /** Which of the cluster's brokers it is. */
  readonly nodeId: number;
  /** Another listener, over TLS with SASL/SCRAM-SHA-512 and SASL/PLAIN; none where it is not given. */
  readonly secure?: SecureListener | undefined;
  /** Another listener, over TLS, for clients that show a certificate; none where it is not given. */
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

/** The certificates that the listener for certificates shows and accepts. */
interface MutualListener {
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

/** Where a broker keeps its log, in its folder: another folder's name may hold a comma, which parts `log.dirs` in two. */
export const LOG = "log";

/** The file that {@link ServerOptions.secure} needs in the broker's folder, and its password. */
export const KEYSTORE = {
  file: "secure.p12",
  /** Protects a key that is made for this folder and good for this machine alone. */
  password: "tintype-local",
} as const;

/** A broker's `server.properties`; its paths are relative to the broker's folder. */
export function serverProperties(options: ServerOptions): string {
  const lines: Readonly<Record<string, string | number>> = {
    ...listenerProperties(options),
    ...replicationProperties(options.cluster),
    "log.dirs": LOG,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "auto.create.topics.enable": "false",
    "log.message.timestamp.type": "LogAppendTime",
    "message.max.bytes": MAX_MESSAGE_BYTES,
    "replica.fetch.max.bytes": MAX_MESSAGE_BYTES + DEAD_LETTER_EXTRA_BYTES,
    "socket.request.max.bytes": 2 * MAX_MESSAGE_BYTES,
    ...secureProperties(options.secure),
    ...mutualProperties("mutual", options.mutual),
    ...secureMutualProperties(options),
  };
  return Object.entries(lines).map(([key, value]) => `${key}=${value}\n`).join("");
}

function listenerProperties({ cluster: { nodes }, nodeId, ...options }: ServerOptions) {
  const { secure, mutual, secureMutualPort } = options;
  const { port, controllerPort } = nodes.find((node) => node.nodeId === nodeId) ?? {};
  const listeners = (host: string) =>
    [
      `PLAINTEXT://${host}:${port}`,
      ...(secure === undefined ? [] : [`SECURE://${host}:${secure.port}`]),
      ...(mutual === undefined ? [] : [`MUTUAL://${host}:${mutual.port}`]),
      ...(secureMutualPort === undefined ? [] : [`SECURE_MUTUAL://${host}:${secureMutualPort}`]),
    ].join(",");
  const voters = nodes.map((node) => `${node.nodeId}@localhost:${node.controllerPort}`);
  return {
    "process.roles": "broker,controller",
    "node.id": nodeId,
    "controller.quorum.voters": voters.join(","),
    "controller.listener.names": "CONTROLLER",
    "listeners": `CONTROLLER://127.0.0.1:${controllerPort},${listeners("127.0.0.1")}`,
    "advertised.listeners": listeners("localhost"),
    "listener.security.protocol.map":
      "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,MUTUAL:SSL,SECURE_MUTUAL:SASL_SSL",
    "inter.broker.listener.name": "PLAINTEXT",
  };
}

function replicationProperties(cluster: ClusterPlan) {
  const { factor, minInSync } = replicationOf(cluster);
  return {
    "default.replication.factor": factor,
    "min.insync.replicas": minInSync,
    "offsets.topic.replication.factor": factor,
    "transaction.state.log.replication.factor": factor,
    "transaction.state.log.min.isr": minInSync,
    "share.coordinator.state.topic.replication.factor": factor,
    "share.coordinator.state.topic.min.isr": minInSync,
  };
}

function secureProperties(
  secure: SecureListener | undefined,
): Readonly<Record<string, string | number>> {
  if (secure === undefined) return {};
  return {
    "listener.name.secure.ssl.keystore.location": KEYSTORE.file,
    "listener.name.secure.ssl.keystore.type": "PKCS12",
    "listener.name.secure.ssl.keystore.password": KEYSTORE.password,
    ...saslProperties("secure", secure),
    // Clients without a name, as the other listener's, may do all; a named user what no rule forbids.
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
  { secure, mutual, secureMutualPort }: ServerOptions,
): Readonly<Record<string, string>> {
  if (secureMutualPort === undefined || secure === undefined) return {};
  return {
    ...saslProperties("secure_mutual", secure),
    ...mutualProperties("secure_mutual", mutual),
  };
}
