import { writeFile } from "node:fs/promises";
import { defineCommand } from "@tintype/cli/command";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { documentWithIdentities } from "./identities_table.ts";
import { STEPS, writeInventories } from "./steps.ts";

const INFRA_CHECK = defineCommand({
  name: "infra:check",
  summary: "Checks the infrastructure: Terraform, containers, workflows.",
  flags: {
    "only NAME,…": "only the steps whose names begin so",
    "list": "print the steps and end",
    "write":
      "write the expected inventories and the table of identities from fresh plans; needs the google provider",
  },
  exitCodes: {
    0: "nothing is wrong (what could not run is reported in one line)",
    1: "something is",
  },
});

async function check(flags: ReturnType<typeof INFRA_CHECK.parse>): Promise<number | void> {
  const names = flags.only?.split(",");
  const steps = STEPS.filter(({ name }) => names?.some((each) => name.startsWith(each)) ?? true);
  if (flags.list) return say(steps.map(({ name }) => name).join("\n"));
  if (steps.length === 0) {
    throw new UsageError(`Cannot run infra:check: no step begins with ${flags.only}`);
  }
  if (flags.write) return await write();
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
  return failed === 0 ? EXIT.done : EXIT.failed;
}

async function write(): Promise<void> {
  await writeInventories();
  const { path, text } = documentWithIdentities();
  await writeFile(path, text);
  say("Wrote infra/check/expected and the table in docs/security.md");
}

function say(text: string): void {
  console.log(text);
}

await runMain(INFRA_CHECK, check);
