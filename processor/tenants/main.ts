/** `deno task tenants`: checks, uploads and shows the tenants' objects. What it uploads is in `core/configuration`. */
import { defineCommand } from "@tintype/cli/command";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { pushTenants, readTenantFiles } from "@tintype/core/configuration/push_tenants";
import { checkTenantFiles, DEFAULT_TENANT } from "@tintype/core/configuration/tenant_files";
import { isAppError } from "@tintype/core/errors";
import { isTenant } from "@tintype/core/model/tenant";
import { parseTenantDocument, planOf } from "@tintype/core/model/tenant_plan";
import { CLOUD_FLAGS, openCloud } from "../command_cloud.ts";
import { readTenantFolder } from "./read_folder.ts";

const TENANTS = defineCommand({
  name: "tenants",
  summary:
    "`validate DIR` checks every tenant's object in a folder (TENANT.json, _default.json). `push DIR` uploads those that differ, none where one is wrong; it takes effect within a minute. `show TENANT` prints the plan that holds for a tenant, as JSON.",
  words: { placeholder: "validate|push|show DIR|TENANT", min: 2, max: 2 },
  flags: { ...CLOUD_FLAGS },
  exitCodes: { 0: "done", 1: "an object is wrong; nothing was uploaded" },
});

await runMain(TENANTS, async ({ words: [act, subject = ""], ...flags }) => {
  try {
    if (act === "validate") {
      const { documents } = checkTenantFiles(await readTenantFolder(subject));
      console.log(`${documents.size} objects are valid: ${[...documents.keys()].join(", ")}`);
      return EXIT.done;
    }
    const { config } = await openCloud(flags);
    if (act === "push") {
      const { written, unchanged } = await pushTenants(config, await readTenantFolder(subject));
      console.log(
        `${written.length} uploaded (${written.join(", ")}), ${unchanged.length} unchanged`,
      );
      return EXIT.done;
    }
    if (act === "show" && isTenant(subject)) {
      const files = await readTenantFiles(config);
      const documents = [DEFAULT_TENANT, subject].map((name) => {
        const bytes = files.get(name);
        return bytes === undefined ? {} : parseTenantDocument(bytes);
      });
      console.log(JSON.stringify(planOf(...documents), null, 2));
      return EXIT.done;
    }
  } catch (error) {
    if (!isAppError(error, "invalid_config")) throw error;
    for (const { path, message } of error.errors) console.error(`${path}: ${message}`);
    return EXIT.failed;
  }
  throw new UsageError("Cannot run tenants: it takes validate DIR, push DIR or show TENANT");
});
