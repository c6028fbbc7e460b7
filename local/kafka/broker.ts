/** One Apache Kafka broker in KRaft mode, alone or one of a cluster: formatted once, run as a child, ended by SIGTERM. */
import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { KEYSTORE, LOG, type ServerOptions, serverProperties } from "./server_properties.ts";

const run = promisify(execFile);

/** Where a broker lives. */
export interface BrokerOptions extends ServerOptions {
  /** Folder of Kafka's jars. */
  readonly libs: string;
  /** The broker's own folder. */
  readonly dataDir: string;
}

// In Kafka's own configuration, read in the broker's folder: a folder's name may hold what properties cannot.
const CONFIG = "server.properties";
const CERTIFICATE = "secure.pem";
/** Flags of a JVM that is to start soon rather than to run fast. */
const QUICK_START = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
/** Memory of a broker's heap, in MiB: alone, and as one of several. */
const HEAP_MIB = { alone: 512, ofMany: 384 } as const;

/** Formats the broker's folder where that was not done, and starts it. */
export async function startBroker(
  options: BrokerOptions,
): Promise<ChildProcessByStdio<null, Readable, Readable>> {
  const { dataDir, cluster, listeners = [] } = options;
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(dataDir, CONFIG), serverProperties(options));
  if (listeners.some(({ certificates }) => certificates === undefined)) {
    await makeCertificate(dataDir);
  }
  const archive = `${options.libs}.jsa`;
  const shared = existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : [];
  const java = [...QUICK_START, ...shared, "-cp", join(options.libs, "*")];
  if (!existsSync(join(dataDir, LOG, "meta.properties"))) {
    const [user] = listeners.flatMap(({ user }) => user ?? []);
    const scram = user && `SCRAM-SHA-512=[name=${user.username},password=${user.password}]`;
    // In one word, as an id may begin with a dash.
    const format = ["format", `--cluster-id=${cluster.clusterId}`, `--config=${CONFIG}`];
    if (scram !== undefined) format.push("--add-scram", scram);
    await run("java", [...java, "kafka.tools.StorageTool", ...format], { cwd: dataDir });
  }
  const heapMib = cluster.nodes.length === 1 ? HEAP_MIB.alone : HEAP_MIB.ofMany;
  const allowed = listeners.flatMap(({ jwksFile }) => jwksFile ?? []).flatMap((file) => [
    `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${pathToFileURL(file).href}`,
    `-Dorg.apache.kafka.sasl.oauthbearer.allowed.files=${file}`,
  ]);
  const partial = `${archive}.${process.pid}.part`;
  const archiving = shared.length === 0 ? [`-XX:ArchiveClassesAtExit=${partial}`] : [];
  const args = [`-Xmx${heapMib}m`, ...archiving, ...allowed, ...java, "kafka.Kafka", CONFIG];
  const broker = spawn("java", args, { cwd: dataDir, stdio: ["ignore", "pipe", "pipe"] });
  // The classes of a broker that ended in order: the next ones need a third less CPU to start.
  broker.once("exit", (_, signal) => {
    if (signal === null && existsSync(partial)) renameSync(partial, archive);
  });
  return broker;
}

/** The certificate of the secure listener as PEM, for its clients to trust. */
export async function certificateOf(dataDir: string): Promise<string> {
  return await readFile(join(dataDir, CERTIFICATE), "utf8");
}

/** A key pair and self-signed certificate for `localhost`, by the JDK's own tool. */
async function makeCertificate(dataDir: string): Promise<void> {
  const keystore = join(dataDir, KEYSTORE.file);
  if (existsSync(keystore)) return;
  const store = ["-keystore", keystore, "-storepass", KEYSTORE.password, "-alias", "broker"];
  const pair = "-genkeypair -keyalg EC -storetype PKCS12 -validity 30 -dname CN=localhost";
  const names = ["-ext", "SAN=dns:localhost,ip:127.0.0.1"];
  await run("keytool", [...pair.split(" "), ...names, ...store]);
  await run("keytool", ["-exportcert", "-rfc", "-file", join(dataDir, CERTIFICATE), ...store]);
}
