/**
 * `deno task audit`: options, the processor's own adapters with nothing but rights to look, the audit, its report.
 * The flow begins here and goes on in `core/retention/audit_stores`.
 */
import { EXIT, runMain } from "@tintype/cli/run_main";
import { isAppError } from "@tintype/core/errors";
import { auditStores } from "@tintype/core/retention/audit_stores";
import { certifiedPeriodMs } from "@tintype/core/retention/certificate";
import { RETENTION_POLICY, retentionPolicyOf } from "@tintype/core/retention/policy";
import { webHashing } from "../adapters/web_hashing.ts";
import { openStores } from "../command_cloud.ts";
import { AUDIT, auditOptionsOf } from "./audit_options.ts";
import { auditReport } from "./audit_report.ts";

/** The period of a local system: `start --retention` shortens it. */
async function certifiedPeriod(ports: Parameters<typeof certifiedPeriodMs>[0]): Promise<number> {
  try {
    return await certifiedPeriodMs(ports) ?? RETENTION_POLICY.periodMs;
  } catch (error) {
    // One that cannot be read is a finding of the audit itself.
    if (isAppError(error, "internal")) return RETENTION_POLICY.periodMs;
    throw error;
  }
}

await runMain(AUDIT, async (call) => {
  const options = auditOptionsOf(call);
  const { raw, processed, erasures, certificates, rows } = await openStores(options);
  const ports = { raw, processed, erasures, certificates, rows, hashing: webHashing, clock: Date };
  const policy = retentionPolicyOf(options.periodMs ?? await certifiedPeriod(ports));
  const audit = await auditStores({ ...ports, policy });
  console.log(options.json ? JSON.stringify(audit, null, 2) : auditReport(audit, options));
  return audit.passed ? EXIT.done : EXIT.failed;
}, { failure: EXIT.wrongCall });
