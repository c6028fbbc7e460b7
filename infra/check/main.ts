import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { documentWithIdentities } from "./identities_table.ts";
import { STEPS } from "./steps.ts";
import { writeInventories } from "./write_inventories.ts";

const HELP = `Checks the infrastructure: Terraform, containers, workflows.

Usage: npx deno task infra:check [--only NAME,…] [--list] [--write]

  --only NAME,…  only the steps whose names begin so
  --list         prints the steps and ends
  --write        writes the expected inventories and the table of identities from fresh plans; needs the google provider
  --help         prints this

Exit code: 0 nothing is wrong (what could not run is said in one line), 1 something is, 2 wrong usage.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      list: { type: "boolean" },
      write: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return say(HELP);
  const names = values.only?.split(",");
  const steps = STEPS.filter(({ name }) => names?.some((each) => name.startsWith(each)) ?? true);
  if (values.list) return say(steps.map(({ name }) => name).join("\n"));
  if (steps.length === 0) throw new TypeError(`Cannot check as no step begins with ${values.only}`);
  if (values.write) return await write();
  let failed = 0;
  for (const { name, run } of steps) {
    const outcome = await run();
    if (outcome.kind === "failed") failed++;
    if (outcome.kind === "passed") {
      say(`ok       ${name}${outcome.note ? ` (${outcome.note})` : ""}`);
    }
    if (outcome.kind === "not_run") say(`not run  ${name}: ${outcome.why}`);
    if (outcome.kind === "failed") say(`FAILED   ${name}\n${outcome.text}`);
  }
  return failed === 0 ? 0 : 1;
}

async function write(): Promise<number> {
  await writeInventories();
  const { path, text } = documentWithIdentities();
  await writeFile(path, text);
  return say("Wrote infra/check/expected and the table in docs/security.md");
}

function say(text: string): number {
  console.log(text);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
