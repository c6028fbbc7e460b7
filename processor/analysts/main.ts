/** `deno task analysts`: whose images the views of the dataset `tintype_shared` show to whom. */
import { defineCommand } from "@tintype/cli/command";
import { requireLocalSystem } from "@tintype/cli/local_system";
import { runMain } from "@tintype/cli/run_main";
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

/** Who SESSION_USER() may be, or a domain of such; a group it never is. */
const PRINCIPAL = /^([^@\s:/]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const STATEMENT_OF = {
  grant: "grant_tenant",
  revoke: "revoke_tenant",
  list: "tenant_access",
} as const;

function refuse(why: string): never {
  throw new UsageError(`Cannot run analysts: ${why}`);
}

await runMain(ANALYSTS, async ({ words: [word, who = "", ...tenants], ...flags }) => {
  const act = (["grant", "revoke", "list"] as const).find((each) => each === word);
  const principal = who.toLowerCase();
  if (act === undefined) refuse(`expected grant, revoke or list (got "${word}")`);
  if (act !== "list" && who === "") refuse(`${act} expects WHO`);
  if (who !== "" && !PRINCIPAL.test(principal)) {
    refuse(`WHO must be an e-mail address or a domain (got "${who}")`);
  }
  if (act === "grant" && tenants.length === 0) refuse("grant expects at least one TENANT");
  if (act === "list" && tenants.length > 0) refuse("list expects WHO at most");
  const wrong = tenants.find((tenant) => tenant !== "*" && !isTenant(tenant));
  if (wrong !== undefined) refuse(`TENANT must be a tenant's name or * (got "${wrong}")`);

  const { projectId, dataset, bigquery } = placesOf(flags);
  await requireLocalSystem(...(bigquery === undefined ? [] : [bigquery]));
  const client = createBigQueryClient({ projectId, endpoint: bigquery });
  const sql = inDataset(STATEMENTS[STATEMENT_OF[act]], dataset);
  let changed = 0;
  for (const tenant of tenants.length === 0 ? [""] : tenants) {
    const { rows, affected } = await client.query({ sql, params: { principal, tenant } });
    changed += affected;
    for (const row of rows) {
      const since = new Date(String(row["granted_at"])).toISOString();
      console.log(`${row["principal"]} ${row["tenant"]} since ${since}`);
    }
  }
  if (act !== "list") {
    console.log(`${principal}: ${changed} rows ${act === "grant" ? "added" : "removed"}`);
  }
});
