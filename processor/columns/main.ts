/**
 * `deno task columns`: puts the columns of a pipeline into the schema file that infrastructure, adapters and the local
 * BigQuery read. Flow: load the pipeline, read the schema, add what is missing, write it, say what was added.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { defineCommand } from "@tintype/cli/command";
import { runMain } from "@tintype/cli/run_main";
import { AppError } from "@tintype/core/errors";
import { columnsOf, type Pipeline } from "@tintype/core/processing/pipeline";
import { linkCore } from "../pipelines/link_core.ts";
import { pipelineUrlOf } from "../pipelines/pipeline_url.ts";
import { addColumns, parseSchema } from "./add_columns.ts";

const ROOT = new URL("../../", import.meta.url);
const COLUMNS = defineCommand({
  name: "columns",
  summary:
    "Adds the BigQuery columns of PIPELINE's insights to the schema of the images table, at its end, nullable or repeated. PIPELINE is a module or the folder of a package. Existing columns stay as they are. Paths start at the project's root folder.",
  words: { placeholder: "PIPELINE", min: 1, max: 1 },
  flags: {
    "schema FILE": { about: "schema file", default: "infra/bigquery/schemas/images.json" },
    "dry-run": "say what would be added and write nothing",
  },
  exitCodes: { 0: "every column is in the schema", 1: "it cannot be" },
});

async function loadPipeline(path: string): Promise<Pipeline> {
  try {
    const url = pipelineUrlOf(path);
    await linkCore(dirname(fileURLToPath(url)));
    const module: { readonly default?: Pipeline } = await import(url);
    if (module.default !== undefined) return module.default;
  } catch (cause) {
    throw new AppError("invalid_config", `Cannot add columns: ${path} does not load`, { cause });
  }
  throw new AppError("invalid_config", `Cannot add columns: ${path} has no default export`);
}

await runMain(COLUMNS, async ({ schema, dryRun, words: [path = ""] }) => {
  const columns = columnsOf(await loadPipeline(path));
  const schemaUrl = new URL(schema, ROOT);
  const { fields, added } = addColumns(parseSchema(await Deno.readTextFile(schemaUrl)), columns);
  if (added.length > 0 && !dryRun) {
    await Deno.writeTextFile(schemaUrl, `${JSON.stringify(fields, null, 2)}\n`);
  }
  const done = dryRun ? "Would add" : "Added";
  console.log(added.length > 0 ? `${done} ${added.join(", ")}` : "Every column is there");
});
