/** `deno task redrive`: looks at what was given up in both places, says what it will do, asks, does it. */
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { notRunning } from "@tintype/cli/local_system";
import { findNodeBinary } from "./node_binary.ts";
import {
  planRedrive,
  REDRIVE,
  type RedriveStep,
  requireAgreement,
} from "./redrive/redrive_plan.ts";
import { shortened, typed } from "./redrive/shown_text.ts";
import { type CommandLine, runCommand } from "./run_command.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Says what a step will do and what there is for it to do; false where that cannot be seen. */
async function look({ place, means, look, act, localHost }: RedriveStep): Promise<boolean> {
  console.log(`\n${place}: ${means}`);
  for (const command of act) console.log(`  will run: ${typed(command)}`);
  console.log("  there is now:");
  let isSeen = true;
  for (const command of look) if (await run(command) !== 0) isSeen = false;
  if (!isSeen && localHost !== undefined) console.log(`    ${notRunning(localHost)}`);
  return isSeen;
}

/** Runs a command with its output indented; resolves to its exit code. */
async function run(command: CommandLine, signal?: AbortSignal): Promise<number> {
  const { code, output } = await runCommand(command, { cwd: ROOT, signal });
  const text = shortened(output.trim());
  if (text !== "") console.log(text.replaceAll(/^/gm, "    "));
  return code;
}

await runMain(REDRIVE, async (call) => {
  const options = requireAgreement(call);
  const steps = planRedrive(options, findNodeBinary(ROOT));
  let isSeen = true;
  for (const step of steps) isSeen = await look(step) && isSeen;
  if (!isSeen) {
    console.error(
      "\nNothing was done: not every place could be looked at (--only leaves one out).",
    );
    return EXIT.wrongCall;
  }
  if (options.dryRun) return EXIT.done;
  if (!options.yes && !confirm("\nDo it?")) {
    console.error("\nNothing was done: the answer was not yes (--yes does not ask).");
    return EXIT.failed;
  }
  // Not before the question, which reads the same keys.
  const ending = new AbortController();
  endOnInterrupt(ending);
  for (const command of steps.flatMap(({ act }) => act)) {
    console.log(`\n$ ${typed(command)}`);
    const code = await run(command, ending.signal);
    if (code === 0) continue;
    console.error(`\nNot everything was done: the last command ended with ${code}.`);
    return EXIT.failed;
  }
});
