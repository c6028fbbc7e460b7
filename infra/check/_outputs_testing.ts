/** What the contract says of an environment, planned once for all tests of a process. */
import assert from "node:assert/strict";
import { isThere, run } from "./_process.ts";
import { copyTerraform } from "./_tree.ts";
import { DIGESTS } from "./terraform_plan.ts";

/** Why the tests are skipped. */
export const WITHOUT_TERRAFORM = await isThere("terraform") ? false : "terraform is not installed";

const planned = new Map<string, ReturnType<typeof planOutputs>>();

/** The contract's outputs. */
export function outputsOf(environment: string): ReturnType<typeof planOutputs> {
  const outputs = planned.get(environment) ?? planOutputs(environment);
  planned.set(environment, outputs);
  return outputs;
}

/** The contract's outputs for an environment, which need no provider. */
async function planOutputs(environment: string): Promise<Record<string, { value: unknown }>> {
  await using copy = await copyTerraform();
  const cwd = copy.contract;
  const files = [`../../${environment}.tfvars`, "../../retention.auto.tfvars.json"]
    .map((file) => `-var-file=${file}`);
  const plan = ["plan", "-input=false", "-lock=false", "-out=contract.plan", ...files, ...DIGESTS];
  for (const args of [["init", "-input=false"], plan]) {
    const ended = await run("terraform", args, { cwd });
    assert.equal(ended.code, 0, ended.output);
  }
  const shown = await run("terraform", ["show", "-json", "contract.plan"], { cwd });
  return JSON.parse(shown.stdout).planned_values.outputs;
}
