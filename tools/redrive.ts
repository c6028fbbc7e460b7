/** `deno task redrive`: looks at what was given up in both places, says what it will do, asks, does it. */
import { findNodeBinary } from "./node_binary.ts";
import {
  type Command,
  HELP,
  planRedrive,
  readOptions,
  type RedriveStep,
  shortened,
  typed,
  UsageError,
} from "./redrive/redrive_plan.ts";

const ROOT = new URL("../", import.meta.url).pathname;

async function main(): Promise<number> {
  const options = readOptions(Deno.args);
  if (options === "help") {
    console.log(HELP.trimEnd());
    return 0;
  }
  const steps = planRedrive(options, findNodeBinary(ROOT));
  let failures = 0;
  for (const step of steps) failures += await look(step);
  if (failures > 0) {
    console.error(
      "\nNothing was done, as not every place could be looked at (--only leaves one out).",
    );
    return 1;
  }
  if (options.dryRun) return 0;
  if (!options.yes && !confirm("\nDo it?")) {
    console.error("\nNothing was done, as the answer was not yes (--yes does not ask).");
    return 1;
  }
  for (const command of steps.flatMap(({ act }) => act)) {
    console.log(`\n$ ${typed(command)}`);
    const code = await run(command);
    if (code === 0) continue;
    console.error(`\nNot everything was done, as the last command ended with ${code}.`);
    return 1;
  }
  return 0;
}

/** Says what a step will do and what there is for it to do; 1 where that cannot be seen. */
async function look({ place, means, look, act }: RedriveStep): Promise<number> {
  console.log(`\n${place}: ${means}`);
  for (const command of act) console.log(`  will run: ${typed(command)}`);
  console.log("  there is now:");
  let failures = 0;
  for (const command of look) if (await run(command) !== 0) failures = 1;
  return failures;
}

/** Runs a command with its output indented; its exit code, 127 where there is no such program. */
async function run([program, ...args]: Command): Promise<number> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd: ROOT }).output();
    for (const bytes of [stdout, stderr]) {
      const text = shortened(new TextDecoder().decode(bytes).trim());
      if (text !== "") console.log(text.replaceAll(/^/gm, "    "));
    }
    return code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`    Cannot run ${program} as it is not installed`);
    return 127;
  }
}

try {
  Deno.exit(await main());
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  Deno.exit(2);
}
