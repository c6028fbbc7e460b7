import { spawnSync } from "node:child_process";
import process from "node:process";

/** Why tests of the Kafka source are skipped, or false; in CI its absence is a failure. */
export const WITHOUT_JAVA: string | false =
  process.env["CI"] === "true" || spawnSync("java", ["-version"]).status === 0
    ? false
    : "a Kafka broker needs Java: install a JDK";
