/**
 * `add_columns`: puts the columns of a pipeline into the schema file that infrastructure, adapters and the local
 * warehouse read. Walk: load the pipeline, read the schema, add what is missing, write it, say what was added.
 *
 *   deno run --allow-read --allow-write=infra/bigquery processor/columns/main.ts PIPELINE [SCHEMA]
 */
import { isAppError } from "@tintype/core/errors";
import { columnsOf, type Pipeline } from "@tintype/core/processing/pipeline";
import { addColumns, parseSchema } from "./add_columns.ts";

const ROOT = new URL("../../", import.meta.url);
const SCHEMA = "infra/bigquery/schemas/images.json";

async function main([pipelinePath, schemaPath = SCHEMA]: readonly string[]): Promise<number> {
  if (pipelinePath === undefined) {
    console.error("Usage: processor/columns/main.ts PIPELINE [SCHEMA]");
    return 2;
  }
  const module: { readonly default?: Pipeline } = await import(new URL(pipelinePath, ROOT).href);
  if (module.default === undefined) {
    console.error(`Cannot add columns as ${pipelinePath} has no default export`);
    return 1;
  }
  const schemaUrl = new URL(schemaPath, ROOT);
  try {
    const columns = columnsOf(module.default);
    const { fields, added } = addColumns(parseSchema(await Deno.readTextFile(schemaUrl)), columns);
    if (added.length > 0) {
      await Deno.writeTextFile(schemaUrl, `${JSON.stringify(fields, null, 2)}\n`);
    }
    console.log(added.length > 0 ? `Added ${added.join(", ")}` : "Every column is there");
    return 0;
  } catch (error) {
    if (!isAppError(error)) throw error;
    console.error(error.publicMessage);
    return 1;
  }
}

Deno.exit(await main(Deno.args));
