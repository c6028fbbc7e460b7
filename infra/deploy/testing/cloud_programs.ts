/**
 * Plays gcloud run, terraform apply, wrangler and bq over one state file, for tests of the steps that call them:
 * `node cloud_programs.ts STATE_FILE PROGRAM ARGUMENT…`. It refuses what the real programs refuse, and what it does not know.
 */
import { readState, Refusal, writeState } from "./cloud_state.ts";
import { queryRows } from "./bq_query.ts";
import { runGcloud } from "./gcloud_run.ts";
import { applyPlan } from "./terraform_apply.ts";
import { runWrangler } from "./wrangler.ts";

const PROGRAMS = {
  gcloud: runGcloud,
  terraform: applyPlan,
  npx: runWrangler,
  bq: queryRows,
};

function isProgram(name: string): name is keyof typeof PROGRAMS {
  return Object.hasOwn(PROGRAMS, name);
}

const [file = "", program = "", ...args] = process.argv.slice(2);
const state = readState(file);
try {
  if (!isProgram(program)) throw new Refusal(`there is no fake of ${program}`, 2);
  const output = PROGRAMS[program](state, args);
  if (output !== "") console.log(output);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`ERROR: ${error.message}`);
  process.exitCode = error.code;
} finally {
  writeState(file, state);
}
