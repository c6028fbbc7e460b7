import type { Audit } from "@tintype/core/retention/audit_stores";
import { runTask, type TaskResult } from "./_task.ts";

/** Runs the project's own audit command. */
export async function runAudit(args: readonly string[] = []): Promise<TaskResult> {
  return await runTask("audit", ...args);
}

/** The audit as its JSON says it, and the exit code. */
export async function readAudit(
  args: readonly string[] = [],
): Promise<{ code: number; audit: Audit }> {
  const { code, stdout, stderr } = await runAudit(["--json", ...args]);
  if (stdout === "") throw new Error(`The audit said nothing but: ${stderr}`);
  return { code, audit: JSON.parse(stdout) };
}
