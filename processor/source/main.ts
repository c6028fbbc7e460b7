/** `deno task source`: closes a source for a time, opens it again, shows which are closed. */
import { defineCommand } from "@tintype/cli/command";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { readTenantFiles } from "@tintype/core/configuration/push_tenants";
import { checkTenantFiles, DEFAULT_TENANT } from "@tintype/core/configuration/tenant_files";
import { isTenant } from "@tintype/core/model/tenant";
import { CLOSABLE_SOURCES } from "@tintype/core/model/tenant_plan";
import { CLOUD_FLAGS, openCloud } from "../command_cloud.ts";
import { setClosed } from "./close_source.ts";

const SOURCE = defineCommand({
  name: "source",
  summary: [
    "`close` has a source take nothing within a minute, `open` lets it take images again, `show` lists what is closed.",
    "A closed edge responds to new uploads with 503 and a time to come again; uploads that have begun may end, and everything else goes on. The bridge leaves a closed tenant's records in Kafka, which keeps them for up to three days, and is not ready meanwhile (blocker closed); other tenants' records behind them in the partition wait too.",
    "It is a field of the tenant's object, `closed`: a push of a folder without it opens the source.",
  ].join("\n"),
  words: { placeholder: "show|close|open [edge|kafka]", min: 1, max: 2 },
  flags: {
    "tenant NAME": "one tenant's source (default: everybody's)",
    "dry-run": "only say what would change",
    ...CLOUD_FLAGS,
  },
});

/** Prints a line for each object that closes something. */
async function show(flags: Parameters<typeof openCloud>[0]): Promise<void> {
  const { config } = await openCloud(flags);
  const { documents } = checkTenantFiles(await readTenantFiles(config));
  const closed = [...documents].filter(([, document]) => (document.closed ?? []).length > 0);
  for (const [name, document] of closed) {
    console.log(`${nameOf(name)}: ${document.closed?.join(", ")} closed`);
  }
  if (closed.length === 0) console.log("no source is closed");
}

function nameOf(name: string): string {
  return name === DEFAULT_TENANT ? "everybody" : name;
}

await runMain(SOURCE, async ({ words: [act = "", word], tenant, dryRun, ...flags }) => {
  if (act === "show" && word === undefined) return await show(flags);
  if (act !== "close" && act !== "open" || word === undefined) {
    throw new UsageError("Cannot run source: it takes show, close SOURCE or open SOURCE");
  }
  if (tenant !== undefined && !isTenant(tenant)) {
    throw new UsageError(`Cannot run source: --tenant must be a tenant's name (got "${tenant}")`);
  }
  const source = CLOSABLE_SOURCES.find((each) => each === word);
  if (source === undefined) {
    throw new UsageError(`Cannot run source: ${word} is none of ${CLOSABLE_SOURCES.join(", ")}`);
  }
  const { config } = await openCloud(flags);
  const name = tenant ?? DEFAULT_TENANT;
  const isClosed = act === "close";
  const isChanged = await setClosed(config, { name, source, isClosed, isDryRun: dryRun });
  const state = `${source} ${isClosed ? "closed" : "open"}`;
  if (!isChanged) console.log(`${nameOf(name)}: ${state} already`);
  else if (dryRun) console.log(`${nameOf(name)}: would be ${state}`);
  else console.log(`${nameOf(name)}: ${state} within a minute`);
  if (isClosed && !dryRun) {
    console.log(
      `Open it again: npx deno task source open ${source}${tenant ? ` --tenant ${tenant}` : ""}`,
    );
  }
  return EXIT.done;
});
