/**
 * `deno task check`: format, lint with the import rules, types for each runtime, circles, dependencies.
 * Every step runs, one line for each; what a failing step says is printed whole.
 */
import { parseArgs } from "node:util";
import { checkSteps } from "./check/check_steps.ts";
import { runCommand } from "./run_command.ts";

const HELP = `Usage: deno task check [--only NAME,…] [--list] [--help]

Checks format, lint rules, types, circles of imports and dependencies.
Exits with 1 when a step failed.

  --only NAME,…  run these steps alone, by their names
  --list         print the names of the steps
  --help         print this text`;

const options = {
  only: { type: "string" },
  list: { type: "boolean" },
  help: { type: "boolean" },
} as const;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options });
  if (values.help) return say(HELP);
  const steps = checkSteps(Deno.cwd());
  if (values.list) return say(steps.map(({ name }) => name).join("\n"));
  const wanted = values.only?.split(",") ?? steps.map(({ name }) => name);
  const unknown = wanted.find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined) {
    console.error(`Cannot check ${unknown} as there is no such step: see --list`);
    return 2;
  }
  let failed = 0;
  for (const { name, command } of steps.filter((step) => wanted.includes(step.name))) {
    const { code, output, elapsedMs } = await runCommand(command);
    console.log(`${code === 0 ? "ok    " : "FAILED"}  ${name}  ${Math.round(elapsedMs)} ms`);
    if (code === 0) continue;
    failed += 1;
    console.log(output.trimEnd());
  }
  return failed === 0 ? 0 : 1;
}

function say(text: string): number {
  console.log(text);
  return 0;
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(error.message); // parseArgs names the wrong flag
  Deno.exit(2);
}
