import { execFile } from "node:child_process";
import process from "node:process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Audit } from "@tintype/core/retention/audit_stores";
import { URLS } from "./_cloud.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Without any it audits the system at the usual ports. */
const ADDRESSES = process.env["TINTYPE_PORT_OFFSET"] === undefined
  ? []
  : ["--storage", URLS.storage, "--warehouse", URLS.bigquery];

/** A run of `deno task audit`. */
export interface AuditRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the project's own audit command. */
export async function runAudit(args: readonly string[] = []): Promise<AuditRun> {
  const deno = join(ROOT, "node_modules/.bin/deno");
  const env = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
  };
  return await new Promise((resolve) => {
    execFile(
      deno,
      ["task", "--quiet", "audit", ...ADDRESSES, ...args],
      { cwd: ROOT, env, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      },
    );
  });
}

/** The audit as its JSON says it, and the exit code. */
export async function readAudit(
  args: readonly string[] = [],
): Promise<{ code: number; audit: Audit }> {
  const { code, stdout, stderr } = await runAudit(["--json", ...args]);
  if (stdout === "") throw new Error(`The audit said nothing but: ${stderr}`);
  return { code, audit: JSON.parse(stdout) };
}
