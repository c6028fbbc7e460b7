import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const POM = fileURLToPath(new URL("./pom.xml", import.meta.url));
/** The version in pom.xml; part of the cache folder's name, so that a new one is fetched. */
export const KAFKA_VERSION = "4.1.1";
/** Where Kafka is kept between runs, beside the project. */
export const KAFKA_CACHE_DIR = fileURLToPath(new URL("../../.tintype/cache", import.meta.url));
const FETCH_TIMEOUT_MS = 300_000;
const LEAST_JAVA = 17;

/**
 * Why there can be no broker on this machine, in one line that says what to install; undefined where there can.
 * Maven is asked for only where `cacheDir` does not hold Kafka yet.
 */
export async function missingForKafka(cacheDir: string): Promise<string | undefined> {
  const java = await run("java", ["-version"]).then(({ stderr }) => stderr, () => "");
  const major = Number(/version "(\d+)/.exec(java)?.[1] ?? 0);
  if (major < LEAST_JAVA) {
    return `Kafka needs Java ${LEAST_JAVA} or newer: install a JDK, or name a broker in KAFKA_BROKERS`;
  }
  if (isKafkaThere(cacheDir)) return undefined;
  const maven = await run("mvn", ["-v"]).then(() => true, () => false);
  return maven
    ? undefined
    : "Kafka is fetched by Maven: install it, or name a broker in KAFKA_BROKERS";
}

/** Whether Kafka has been fetched into `cacheDir`. */
export function isKafkaThere(cacheDir: string): boolean {
  return existsSync(libsOf(cacheDir));
}

/** The folder of Kafka's jars below `cacheDir`, fetched by Maven where it is not there yet. Throws Error with Maven's words. */
export async function installKafka(cacheDir: string): Promise<string> {
  const libs = libsOf(cacheDir);
  if (existsSync(libs)) return libs;
  await mkdir(cacheDir, { recursive: true });
  const partial = `${libs}.${process.pid}.part`;
  const copy = ["dependency:copy-dependencies", "-DincludeScope=runtime"];
  const args = ["-q", "-B", "-f", POM, ...copy, `-DoutputDirectory=${partial}`];
  try {
    await run("mvn", args, { timeout: FETCH_TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 });
    await rename(partial, libs);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (existsSync(libs)) return libs;
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot fetch Kafka ${KAFKA_VERSION}: ${words.slice(0, 500)}`);
  }
  return libs;
}

function libsOf(cacheDir: string): string {
  return join(cacheDir, `kafka-${KAFKA_VERSION}`);
}
