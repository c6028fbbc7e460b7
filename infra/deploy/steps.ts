/**
 * A deployment as data: `plan_steps` end with a plan that a person can read, `apply_steps` do what it says and move the
 * traffic, `rollback_steps` are a rollback. `run_steps` runs steps or prints them, `main` is the command.
 */
import { applySteps, type RolloutOptions } from "./apply_steps.ts";
import { planSteps } from "./plan_steps.ts";
import type { Step } from "./step.ts";
import type { Target } from "./target.ts";

/** What a deployment depends on beside its target. */
export interface DeploymentOptions extends RolloutOptions {
  /** Whether the suite has passed elsewhere, as in a job without credentials. */
  readonly isTested: boolean;
}

/** The halves of a deployment, in order; a person reads the plan between them. */
export function deploymentSteps(target: Target, options: DeploymentOptions) {
  return {
    plan: planSteps(target, options.isTested),
    apply: applySteps(target, options),
  } as const satisfies Record<string, Step[]>;
}
