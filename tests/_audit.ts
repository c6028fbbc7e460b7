import process from "node:process";
import type { Audit } from "@tintype/core/retention/audit_stores";
import { URLS } from "./_cloud.ts";
import { runTask, type TaskResult } from "./_task.ts";

/** Without any it audits the system at the usual ports. */
const ADDRESSES = process.env["TINTYPE_PORT_OFFSET"] === undefined
  ? []
  : ["--storage", URLS.storage, "--pubsub", URLS.pubsub, "--bigquery", URLS.bigquery];

/** Runs the project's own audit command. */
export async function runAudit(args: readonly string[] = []): Promise<TaskResult> {
  return await runTask("audit", ...ADDRESSES, ...args);
}

/** The audit as its JSON says it, and the exit code. */
export async function readAudit(
  args: readonly string[] = [],
): Promise<{ code: number; audit: Audit }> {
  const { code, stdout, stderr } = await runAudit(["--json", ...args]);
  if (stdout === "") throw new Error(`The audit said nothing but: ${stderr}`);
  return { code, audit: JSON.parse(stdout) };
}
