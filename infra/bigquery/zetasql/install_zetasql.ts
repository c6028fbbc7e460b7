import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const POM = fileURLToPath(new URL("pom.xml", import.meta.url));
/** The version in pom.xml; part of the cache folder's name, so that a new one is fetched. */
const TOOLKIT_VERSION = "0.5.2";
const CACHE = fileURLToPath(new URL("../../../.tintype/cache/", import.meta.url));
const FETCH_TIMEOUT_MS = 600_000;
const LEAST_JAVA = 17;

/** Why there can be no analysis on this machine, in one line that says what to install; undefined where there can. */
export function missingForZetasql(): string | undefined {
  const version = answerOf("java", ["--version"]);
  const major = Number(/\b(\d+)\.\d/.exec(version)?.[1] ?? 0);
  if (major < LEAST_JAVA) return `ZetaSQL needs Java ${LEAST_JAVA} or newer: install a JDK`;
  if (existsSync(folderOfJars())) return undefined;
  return answerOf("mvn", ["-v"]) === "" ? "ZetaSQL is fetched by Maven: install it" : undefined;
}

/**
 * ZetaSQL's class path, its 157 MB fetched by Maven where they are not there yet. Throws Error with Maven's words.
 * The types' jar holds a stub of a class of the core's, which throws: the core must come before it.
 */
export function installZetasql(): string {
  const folder = folderOfJars();
  if (!existsSync(folder)) fetchJars(folder);
  return `${join(folder, `zetasql-toolkit-core-${TOOLKIT_VERSION}.jar`)}:${join(folder, "*")}`;
}

function fetchJars(folder: string): void {
  mkdirSync(CACHE, { recursive: true });
  const partial = `${folder}.${process.pid}.part`;
  const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"];
  try {
    execFileSync("mvn", ["-q", "-B", "-f", POM, ...goal, `-DoutputDirectory=${partial}`], {
      timeout: FETCH_TIMEOUT_MS,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (!existsSync(folder)) renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function folderOfJars(): string {
  return join(CACHE, `zetasql-${TOOLKIT_VERSION}`);
}

function answerOf(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
