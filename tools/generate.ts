/** `deno task generate`: writes everything that follows from another source, one program after another. */
import { defineCommand } from "@tintype/cli/command";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { findNodeBinary } from "./node_binary.ts";
import { runCommand } from "./run_command.ts";

const GENERATE = defineCommand({
  name: "generate",
  summary:
    "Writes what follows from another source: lifecycle rules, Terraform's variables and scheduled queries from the retention policy, DuckDB's translations of the SQL (takes Python 3), the views' documents, the worked questions with their answers, the client's types, the table of imports in CONTRIBUTING.md.",
  flags: {},
  exitCodes: { 0: "written", 1: "one could not be" },
});

const PROGRAMS = [
  "infra/retention/generate.ts",
  "infra/bigquery/generate_twins.ts",
  "infra/bigquery/describe_views.ts",
  "local/bigquery/answers/main.ts",
  "infra/contract/generate.ts",
  "tools/docs/import_table_document.ts",
];

await runMain(GENERATE, async () => {
  const ending = new AbortController();
  endOnInterrupt(ending);
  const node = findNodeBinary(Deno.cwd());
  for (const program of PROGRAMS) {
    const { code, output } = await runCommand([node, program], ending);
    if (output !== "") console.log(output.trimEnd());
    if (code !== 0) return EXIT.failed;
  }
});
