import { pathToFileURL } from "node:url";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import { type ClusterPlan, replicationOf } from "./cluster_plan.ts";

/** One broker of a cluster, and who may talk to it. */
export interface ServerOptions {
  readonly cluster: ClusterPlan;
  /** Which of the cluster's brokers it is. */
  readonly nodeId: number;
  /** Those beside the plain one. */
  readonly listeners?: readonly Listener[];
}

/** A listener over TLS, which wants a user's name and password, a certificate, or both. */
export interface Listener {
  readonly name: "SECURE" | "MUTUAL" | "SECURE_MUTUAL";
  readonly port: number;
  /** By SASL/SCRAM-SHA-512 or SASL/PLAIN; the folder's first user stays. */
  readonly user?: { readonly username: string; readonly password: string };
  /** A file of public keys (JWKS): then SASL/OAUTHBEARER, too, with their tokens for the audience `kafka`. */
  readonly jwksFile?: string | undefined;
  /** Where none are given, the listener shows a certificate of its own and asks for none. */
  readonly certificates?: Certificates;
}

/** PEM files: the broker's key (PKCS #8) with its certificate, and the authority that signs the clients'. */
interface Certificates {
  readonly keystore: string;
  readonly truststore: string;
}

/** The largest record that the broker takes, in bytes: a plan's largest image and its headers. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** What a dead letter may have beside the record that it holds, in bytes. */
export const DEAD_LETTER_EXTRA_BYTES = 1024 * 1024;

/** Where a broker keeps its log, in its folder: another folder's name may hold a comma, which parts `log.dirs` in two. */
export const LOG = "log";

/** The file that a listener with a certificate of its own needs in the broker's folder, and its password. */
export const KEYSTORE = {
  file: "secure.p12",
  /** Protects a key that is made for this folder and good for this machine alone. */
  password: "tintype-local",
} as const;

/** A broker's `server.properties`; its paths are relative to the broker's folder. */
export function serverProperties(options: ServerOptions): string {
  const lines: Readonly<Record<string, string | number>> = {
    ...addressProperties(options),
    ...replicationProperties(options.cluster),
    "log.dirs": LOG,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "auto.create.topics.enable": "false",
    "log.message.timestamp.type": "LogAppendTime",
    // What a topic has that is made without settings: the shortest of the contract's.
    "log.retention.ms": RETENTION_BOUNDS.kafka.deadLettersMs,
    "log.roll.ms": RETENTION_BOUNDS.kafka.segmentMs,
    "message.max.bytes": MAX_MESSAGE_BYTES,
    "replica.fetch.max.bytes": MAX_MESSAGE_BYTES + DEAD_LETTER_EXTRA_BYTES,
    "socket.request.max.bytes": 2 * MAX_MESSAGE_BYTES,
    ...Object.assign({}, ...(options.listeners ?? []).map(listenerProperties)),
  };
  return Object.entries(lines).map(([key, value]) => `${key}=${value}\n`).join("");
}

function addressProperties({ cluster: { nodes }, nodeId, listeners = [] }: ServerOptions) {
  const { port, controllerPort } = nodes.find((node) => node.nodeId === nodeId) ?? {};
  const at = (host: string) =>
    [{ name: "PLAINTEXT", port }, ...listeners]
      .map(({ name, port }) => `${name}://${host}:${port}`).join(",");
  const voters = nodes.map((node) => `${node.nodeId}@localhost:${node.controllerPort}`);
  return {
    "process.roles": "broker,controller",
    "node.id": nodeId,
    "controller.quorum.voters": voters.join(","),
    "controller.listener.names": "CONTROLLER",
    "listeners": `CONTROLLER://127.0.0.1:${controllerPort},${at("127.0.0.1")}`,
    "advertised.listeners": at("localhost"),
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

const OAUTH = "org.apache.kafka.common.security.oauthbearer";

function oauthProperties(prefix: string, jwksFile: string): Record<string, string> {
  const oauth = `${prefix}.oauthbearer`;
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: "SCRAM-SHA-512,PLAIN,OAUTHBEARER",
    [`${oauth}.sasl.jaas.config`]: `${OAUTH}.OAuthBearerLoginModule required;`,
    [`${oauth}.sasl.server.callback.handler.class`]: `${OAUTH}.OAuthBearerValidatorCallbackHandler`,
    [`${oauth}.sasl.oauthbearer.jwks.endpoint.url`]: pathToFileURL(jwksFile).href,
    [`${oauth}.sasl.oauthbearer.expected.audience`]: "kafka",
  };
}

function listenerProperties(listener: Listener): Record<string, string> {
  const { name, user, certificates, jwksFile } = listener;
  const prefix = `listener.name.${name.toLowerCase()}`;
  const sasl = user && {
    [`${prefix}.sasl.enabled.mechanisms`]: "SCRAM-SHA-512,PLAIN",
    [`${prefix}.scram-sha-512.sasl.jaas.config`]:
      "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    [`${prefix}.plain.sasl.jaas.config`]:
      `org.apache.kafka.common.security.plain.PlainLoginModule required user_${user.username}="${user.password}";`,
    // Clients without a name, as the other listener's, may do all; a named user what no rule forbids.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "allow.everyone.if.no.acl.found": "true",
    ...jwksFile === undefined ? {} : oauthProperties(prefix, jwksFile),
  };
  if (certificates === undefined) {
    return {
      ...sasl,
      [`${prefix}.ssl.keystore.location`]: KEYSTORE.file,
      [`${prefix}.ssl.keystore.type`]: "PKCS12",
      [`${prefix}.ssl.keystore.password`]: KEYSTORE.password,
    };
  }
  return {
    ...sasl,
    [`${prefix}.ssl.client.auth`]: "required",
    [`${prefix}.ssl.keystore.type`]: "PEM",
    [`${prefix}.ssl.keystore.location`]: certificates.keystore,
    [`${prefix}.ssl.truststore.type`]: "PEM",
    [`${prefix}.ssl.truststore.location`]: certificates.truststore,
  };
}
