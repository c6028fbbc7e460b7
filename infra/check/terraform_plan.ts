import { run } from "./_process.ts";
import { type PlannedResource, readPlan } from "./plan.ts";

/** The two environments, each a file of variables. */
export const ENVIRONMENTS = ["preview", "production"] as const;

/** One of them. */
type Environment = typeof ENVIRONMENTS[number];

/** Placeholders of the images, which only a deployment knows. */
export const DIGESTS: readonly string[] = [
  "-var",
  `processor_digest=sha256:${"0".repeat(64)}`,
  "-var",
  `bridge_digest=sha256:${"1".repeat(64)}`,
];

/** What Terraform plans for an environment in an initialised folder; throws Error with Terraform's own words. */
export async function planOf(
  environment: Environment,
  cwd: string,
  more: readonly string[] = [],
): Promise<PlannedResource[]> {
  const file = `${environment}.plan`;
  const fixed = ["plan", "-input=false", "-lock=false", "-no-color", `-out=${file}`];
  const variables = [`-var-file=${environment}.tfvars`, ...DIGESTS, ...more];
  const planned = await run("terraform", [...fixed, ...variables], { cwd });
  if (planned.code !== 0) throw new Error(`Cannot plan ${environment}: ${planned.output}`);
  const shown = await run("terraform", ["show", "-json", file], { cwd });
  if (shown.code !== 0) throw new Error(`Cannot show the plan of ${environment}: ${shown.output}`);
  return readPlan(shown.stdout);
}
