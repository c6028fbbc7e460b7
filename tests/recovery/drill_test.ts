import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { runDrill } from "./drill.ts";

const DRILL_MS = 280_000;
const skip = process.env["CI"] === "true" || hasJava()
  ? false as const
  : "the broker to be lost needs Java: install a JDK";

test(
  "warehouse, processed bucket, broker and raw bucket are lost in turn, and what can be rebuilt is",
  { skip, timeout: DRILL_MS },
  async (t) => {
    const losses = await runDrill(["edge", "kafka"], (line) => t.diagnostic(line));
    const lost = losses.map((loss) => loss.lost);
    assert.deepEqual(lost, ["warehouse", "processed bucket", "broker", "raw bucket"]);
  },
);

function hasJava(): boolean {
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
