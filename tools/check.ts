/**
 * `deno task check`: format, lint with the import rules, types for each runtime, cycles, unused code.
 * Every step runs, one line for each; what a failing step says is printed whole.
 */
import { defineCommand } from "@tintype/cli/command";
import { someOf } from "@tintype/cli/flag_values";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { checkSteps } from "./check/check_steps.ts";
import { runCommand } from "./run_command.ts";

const STEPS = checkSteps(Deno.cwd());
const NAMES = STEPS.map(({ name }) => name);
const CHECK = defineCommand({
  name: "check",
  summary: "Checks format, lint rules, types, cycles of imports, unused code and dependencies.",
  flags: {
    "only NAME,…": { about: "run these steps alone", parse: someOf(NAMES) },
    "list": "print the names of the steps",
  },
  exitCodes: { 1: "a step failed" },
});

await runMain(CHECK, async ({ only = NAMES, list }) => {
  if (list) return console.log(NAMES.join("\n"));
  const ending = new AbortController();
  endOnInterrupt(ending);
  let failed = 0;
  for (const { name, command } of STEPS.filter((step) => only.includes(step.name))) {
    const { code, output, elapsedMs } = await runCommand(command, ending);
    console.log(`${code === 0 ? "ok    " : "FAILED"}  ${name}  ${Math.round(elapsedMs)} ms`);
    if (code === 0) continue;
    failed += 1;
    console.log(output.trimEnd());
  }
  return failed === 0 ? EXIT.done : EXIT.failed;
});
