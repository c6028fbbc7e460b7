/**
 * Finds the Node that runs the Node rooms: the one `npm ci` installed, else the system's.
 * It uses nothing but node: modules, so that programs on Node and on Deno may ask.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const LEAST_MAJOR = 24;

/**
 * The path of a Node 24 or newer for the repository at `root`, or `node` where the one on PATH is new enough;
 * throws Error with one line that says what to install.
 */
export function findNodeBinary(root: string): string {
  const installed = join(root, "node_modules/.bin/node");
  if (existsSync(installed)) return installed;
  if (majorOf("node") >= LEAST_MAJOR) return "node";
  throw new Error(
    "Cannot find Node 24 or newer: run `npm ci` (brings it on Linux x64 and arm64) or install Node >= 24",
  );
}

function majorOf(program: string): number {
  try {
    const version = execFileSync(program, ["--version"], { encoding: "utf8" });
    return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
