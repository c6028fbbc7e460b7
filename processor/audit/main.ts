/**
 * `deno task audit`: options, the processor's own adapters with nothing but rights to look, the audit, its report.
 * The flow begins here and goes on in `core/retention/audit_stores`.
 */
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { isAppError } from "@tintype/core/errors";
import { auditCertificates } from "@tintype/core/retention/audit_certificates";
import { auditStores } from "@tintype/core/retention/audit_stores";
import { certifiedPeriodMs } from "@tintype/core/retention/certificate";
import { openPublicKeys, type VerifyBytes } from "@tintype/core/retention/certificate_keys";
import { RETENTION_POLICY, retentionPolicyOf } from "@tintype/core/retention/policy";
import { webHashing } from "../adapters/web_hashing.ts";
import { openStores } from "../command_cloud.ts";
import { AUDIT, type AuditOptions, auditOptionsOf } from "./audit_options.ts";
import { auditReport, certificatesReport } from "./audit_report.ts";
import { certificateFolder } from "./certificate_folder.ts";
import { auditRights, rightsReport } from "./rights/audit_rights.ts";

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

/** What the auditor's keys say of signatures; undefined without a file. */
async function publicKeys(file: string | undefined): Promise<VerifyBytes | undefined> {
  if (file === undefined) return undefined;
  const pem = await Deno.readTextFile(file).catch((error: Error) => {
    throw new UsageError(`Cannot read ${file}: ${error.name}`);
  });
  return await openPublicKeys(pem);
}

async function auditFolder(
  { chain = "", copiedAtMs, json, periodMs = RETENTION_POLICY.periodMs }: AuditOptions,
  verify: VerifyBytes | undefined,
): Promise<number> {
  const audit = await auditCertificates({
    certificates: await certificateFolder(chain),
    ...{ hashing: webHashing, verify, clock: { now: () => copiedAtMs ?? Date.now() } },
    policy: retentionPolicyOf(periodMs),
  });
  console.log(json ? JSON.stringify(audit, null, 2) : certificatesReport(audit, chain));
  return audit.passed ? EXIT.done : EXIT.failed;
}

await runMain(AUDIT, async (call) => {
  const options = auditOptionsOf(call);
  if (options.rights !== undefined) {
    const audit = await auditRights({ ...options, ...options.rights });
    console.log(
      options.json ? JSON.stringify(audit, null, 2) : rightsReport(audit, options.projectId),
    );
    return audit.passed ? EXIT.done : EXIT.failed;
  }
  const verify = await publicKeys(options.publicKey);
  if (options.chain !== undefined) return await auditFolder(options, verify);
  const { raw, processed, erasures, certificates, rows, platform } = await openStores(options);
  const stores = { raw, processed, erasures, certificates, rows, platform };
  const ports = { ...stores, hashing: webHashing, verify, clock: Date };
  const policy = retentionPolicyOf(options.periodMs ?? await certifiedPeriod(ports));
  const audit = await auditStores({ ...ports, policy });
  console.log(options.json ? JSON.stringify(audit, null, 2) : auditReport(audit, options));
  return audit.passed ? EXIT.done : EXIT.failed;
}, { failure: EXIT.wrongCall });
