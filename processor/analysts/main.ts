/** `deno task analysts`: whose images the views of the dataset `tintype_shared` show to whom. */
import { defineCommand } from "@tintype/cli/command";
import { requireLocalSystem } from "@tintype/cli/local_system";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { isTenant } from "@tintype/core/model/tenant";
import { inDataset } from "../adapters/_query_parameters.ts";
import { createBigQueryClient } from "../adapters/bigquery_client.ts";
import { STATEMENTS } from "../adapters/bigquery_statements.ts";
import { CLOUD_FLAGS, placesOf } from "../command_cloud.ts";

const ANALYSTS = defineCommand({
  name: "analysts",
  summary: [
    "`grant WHO TENANT…` shows WHO these tenants' images in the views of tintype_shared from now on; the tenant '*' stands for all. `revoke WHO [TENANT…]` ends it, without a tenant for all of them. `list [WHO]` prints who sees what.",
    "WHO is an e-mail address of a person or an account, or a domain, which stands for all its addresses. Terraform's tenant_analysts lets people reach these views at all.",
  ].join("\n"),
  words: { placeholder: "grant|revoke|list [WHO] [TENANT…]", min: 1 },
  flags: {
    "project ID": CLOUD_FLAGS["project ID"],
    "dataset NAME": CLOUD_FLAGS["dataset NAME"],
    "bigquery URL": CLOUD_FLAGS["bigquery URL"],
  },
});

const PRINCIPAL = /^([^@\s:/]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/** A word that names whose rows they are. Throws UsageError for a group, which SESSION_USER() never is. */
function principalOf(word: string): string {
  const principal = word.toLowerCase();
  if (PRINCIPAL.test(principal)) return principal;
  throw new UsageError(
    `Cannot run analysts: WHO must be an e-mail address or a domain (got "${word}")`,
  );
}

function requireTenants(words: readonly string[]): readonly string[] {
  const wrong = words.find((word) => word !== "*" && !isTenant(word));
  if (wrong === undefined) return words;
  throw new UsageError(
    `Cannot run analysts: TENANT must be a tenant's name or * (got "${wrong}")`,
  );
}

await runMain(ANALYSTS, async ({ words: [act = "", who, ...words], ...flags }) => {
  const principal = who === undefined ? "" : principalOf(who);
  const tenants = requireTenants(words);
  const { projectId, dataset, bigquery } = placesOf(flags);
  const client = createBigQueryClient({ projectId, endpoint: bigquery });
  const run = async (name: keyof typeof STATEMENTS, tenant: string) => {
    await requireLocalSystem(...(bigquery === undefined ? [] : [bigquery]));
    const sql = inDataset(STATEMENTS[name], dataset);
    return await client.query({ sql, params: { principal, tenant } });
  };
  const change = async (name: "grant_tenant" | "revoke_tenant", each: readonly string[]) => {
    let affected = 0;
    for (const tenant of each) affected += (await run(name, tenant)).affected;
    console.log(`${principal}: ${affected} rows ${name === "grant_tenant" ? "added" : "removed"}`);
    return EXIT.done;
  };
  if (act === "grant" && principal !== "" && tenants.length > 0) {
    return await change("grant_tenant", tenants);
  }
  if (act === "revoke" && principal !== "") {
    return await change("revoke_tenant", tenants.length === 0 ? [""] : tenants);
  }
  if (act !== "list" || tenants.length > 0) {
    throw new UsageError(
      "Cannot run analysts: it takes grant WHO TENANT…, revoke WHO [TENANT…] or list [WHO]",
    );
  }
  const { rows } = await run("tenant_access", "");
  for (const { principal: whose, tenant, granted_at: since } of rows) {
    console.log(`${whose} ${tenant} since ${since instanceof Date ? since.toISOString() : since}`);
  }
  if (rows.length === 0) console.log("no rows");
});
