/** Compares a live table's columns with those of the records that are written into it. */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { IMAGE_ROW_COLUMNS } from "@tintype/core/model/image_row";
import { defineCommand } from "@tintype/cli/command";
import { oneOf } from "@tintype/cli/flag_values";
import { runMain } from "@tintype/cli/run_main";
import { type Column, columnFaults } from "./column_faults.ts";
import { printedList } from "./printed_list.ts";

const COMPARE_COLUMNS = defineCommand({
  name: "compare_columns",
  program:
    "bq show --schema --format=prettyjson PROJECT:DATASET.TABLE | node infra/deploy/compare_columns.ts",
  summary:
    "Compares a live table's columns with those that this version writes, with the types of the schema file.",
  flags: {
    "table NAME": { about: "images or purges", parse: oneOf(["images", "purges"]), required: true },
  },
  exitCodes: { 0: "records can be written", 1: "they could not" },
});

await runMain(COMPARE_COLUMNS, async ({ table }) => {
  const file = new URL(`../bigquery/schemas/${table}.json`, import.meta.url);
  const columns: Column[] = JSON.parse(readFileSync(file, "utf8"));
  const written = new Set<string>(IMAGE_ROW_COLUMNS);
  const wanted = table === "images" ? columns.filter(({ name }) => written.has(name)) : columns;
  const faults = columnFaults(wanted, printedList<Column>(await text(process.stdin), "bq"));
  if (faults.length === 0) return;
  throw new Error(`Records do not fit the table ${table}: ${faults.join("; ")}`);
});
