/** `deno task generate`: writes everything that follows from another source, one program after another. */
import { runCommand } from "./run_command.ts";

const HELP = `Usage: deno task generate

Writes what follows from another source: lifecycle rules, Terraform's variables and scheduled queries from the retention
policy, DuckDB's twins of the SQL (takes Python 3), the views' documents, the worked questions with their answers, the
OpenAPI document, the client's types. Exit code 0: written; 1: one could not be; 2: wrong usage.

  --help  prints this`;

const PROGRAMS = [
  "infra/retention/generate.ts",
  "infra/bigquery/generate_twins.ts",
  "infra/bigquery/describe_views.ts",
  "local/bigquery/answers/main.ts",
  "edge/openapi/generate.ts",
  "infra/contract/generate.ts",
];

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "--help") {
    console.log(HELP);
    return 0;
  }
  if (args.length > 0) {
    console.error(`Cannot take ${args.join(" ")} (--help lists the options)`);
    return 2;
  }
  for (const program of PROGRAMS) {
    const { code, output } = await runCommand(["./node_modules/.bin/node", program]);
    if (output !== "") console.log(output.trimEnd());
    if (code !== 0) return 1;
  }
  return 0;
}

Deno.exit(await main(Deno.args));
