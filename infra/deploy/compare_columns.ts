/** Compares a live table's columns with those of the records that are written into it. */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { defineCommand } from "@tintype/cli/command";
import { oneOf } from "@tintype/cli/flag_values";
import { runMain } from "@tintype/cli/run_main";
import { type Column, columnFaults } from "./column_faults.ts";
import { printedList } from "./printed_list.ts";

const COMPARE_COLUMNS = defineCommand({
  name: "compare_columns",
  program:
    "bq show --schema --format=prettyjson PROJECT:DATASET.TABLE | node infra/deploy/compare_columns.ts",
  summary: "Compares a live table's columns with its schema file, which every record has.",
  flags: {
    "table NAME": { about: "images or purges", parse: oneOf(["images", "purges"]), required: true },
  },
  exitCodes: { 0: "records can be written", 1: "they could not" },
});

await runMain(COMPARE_COLUMNS, async ({ table }) => {
  const file = new URL(`../bigquery/schemas/${table}.json`, import.meta.url);
  const wanted: Column[] = JSON.parse(readFileSync(file, "utf8"));
  const faults = columnFaults(wanted, printedList<Column>(await text(process.stdin), "bq"));
  if (faults.length === 0) return;
  throw new Error(`Records do not fit the table ${table}: ${faults.join("; ")}`);
});
