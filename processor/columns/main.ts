/**
 * `deno task columns`: puts the columns of a pipeline into the schema file that infrastructure, adapters and the local
 * warehouse read. Walk: load the pipeline, read the schema, add what is missing, write it, say what was added.
 */
import { AppError } from "@tintype/core/errors";
import { columnsOf, type Pipeline } from "@tintype/core/processing/pipeline";
import { exitCodeOf, parseFlags, UsageError } from "../command.ts";
import { addColumns, parseSchema } from "./add_columns.ts";

const HELP = `Usage: deno task columns PIPELINE [--schema FILE] [--dry-run]

Adds the BigQuery columns of PIPELINE's insights to the schema of the images table, at its end and nullable. Columns that
are there stay as they are. Paths are taken from the project's root folder. Exit code 0: every column is in the schema;
1: it cannot be; 2: wrong usage.

  --schema FILE   default: infra/bigquery/schemas/images.json
  --dry-run       say what would be added and write nothing
  --help          show this
`;
const FLAGS = {
  schema: { type: "string", default: "infra/bigquery/schemas/images.json" },
  "dry-run": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;
const ROOT = new URL("../../", import.meta.url);

async function main(): Promise<number> {
  const { values, positionals } = parseFlags({
    args: Deno.args,
    options: FLAGS,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [pipelinePath] = positionals;
  if (pipelinePath === undefined || positionals.length > 1) {
    throw new UsageError("Cannot add columns as one PIPELINE must be named (--help shows how)");
  }
  const columns = columnsOf(await loadPipeline(pipelinePath));
  const schemaUrl = new URL(values.schema, ROOT);
  const { fields, added } = addColumns(parseSchema(await Deno.readTextFile(schemaUrl)), columns);
  if (added.length > 0 && !values["dry-run"]) {
    await Deno.writeTextFile(schemaUrl, `${JSON.stringify(fields, null, 2)}\n`);
  }
  const done = values["dry-run"] ? "Would add" : "Added";
  console.log(added.length > 0 ? `${done} ${added.join(", ")}` : "Every column is there");
  return 0;
}

async function loadPipeline(path: string): Promise<Pipeline> {
  try {
    const module: { readonly default?: Pipeline } = await import(new URL(path, ROOT).href);
    if (module.default !== undefined) return module.default;
  } catch (cause) {
    throw new AppError("invalid_config", `Cannot add columns as ${path} does not load`, { cause });
  }
  throw new AppError("invalid_config", `Cannot add columns as ${path} has no default export`);
}

Deno.exit(await exitCodeOf(main));
