/** One Apache Kafka broker in KRaft mode: formatted once, run as a child, ended by SIGTERM. */
import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
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
  const config = join(options.dataDir, "server.properties");
  await writeFile(config, serverProperties(options));
  const classpath = join(options.libs, "*");
  if (!existsSync(join(options.dataDir, "log", "meta.properties"))) {
    const clusterId = randomBytes(16).toString("base64url");
    await run("java", [
      "-cp",
      classpath,
      "kafka.tools.StorageTool",
      "format",
      "-t",
      clusterId,
      "-c",
      config,
    ]);
  }
  const java = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-cp",
    classpath,
    "kafka.Kafka",
    config,
  ];
  return spawn("java", java, { stdio: ["ignore", "pipe", "pipe"] });
}

function serverProperties({ dataDir, port, controllerPort }: BrokerOptions): string {
  const lines: Readonly<Record<string, string | number>> = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@localhost:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    "listeners": `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://localhost:${port}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": join(dataDir, "log"),
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
  };
  return Object.entries(lines).map(([key, value]) => `${key}=${value}\n`).join("");
}
