/** Plays gcloud run, terraform apply, wrangler and bq over one state, for tests of the steps that call them. */
import { queryRows } from "./bq_query.ts";
import { type CloudState, Refusal } from "./cloud_state.ts";
import { runGcloud } from "./gcloud_run.ts";
import { applyPlan } from "./terraform_apply.ts";
import { runWrangler } from "./wrangler.ts";

/** The digest of every image. */
export const DIGEST = `sha256:${"a".repeat(64)}`;

type Program = (state: CloudState, args: readonly string[]) => string;

/** What is played, by how its call begins or ends; every other call succeeds and prints nothing. */
const PLAYED: readonly (readonly [RegExp, Program])[] = [
  [/^gcloud artifacts docker images describe /, () => DIGEST],
  [/^docker buildx imagetools inspect /, () => DIGEST],
  [/^gcloud logging read /, () => "2026-01-01T00:00:00Z"],
  [/^gcloud run /, runGcloud],
  [/^terraform .* deploy\.plan$/, applyPlan],
  [/^npx wrangler /, runWrangler],
  [/^bq /, queryRows],
];

/** A call's exit code, and what it prints: to stdout where the code is 0, else to stderr. */
export interface Ending {
  readonly code: number;
  readonly text: string;
}

/** Runs a call, its program's name first; it refuses what the real programs refuse, and what it does not know. */
export function runCall(state: CloudState, call: readonly string[]): Ending {
  const [, play] = PLAYED.find(([pattern]) => pattern.test(call.join(" "))) ?? [];
  try {
    const text = play?.(state, call.slice(1)) ?? "";
    return { code: 0, text: text === "" ? "" : `${text}\n` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { code: error.code, text: `ERROR: ${error.message}\n` };
  }
}
