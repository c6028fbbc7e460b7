import { writeFile } from "node:fs/promises";
import { run } from "./_process.ts";
import { copyTerraform, planOffline } from "./_tree.ts";
import { inventoryOf } from "./inventory.ts";
import { inventoryFile, inventoryText } from "./steps.ts";
import { ENVIRONMENTS, planOf } from "./terraform_plan.ts";

/** Writes the inventory of each environment from a fresh plan; throws Error where `terraform init` cannot have the provider. */
export async function writeInventories(): Promise<void> {
  await using copy = await copyTerraform();
  const begun = await run("terraform", ["init", "-input=false", "-no-color"], { cwd: copy.path });
  if (begun.code !== 0) throw new Error(`Cannot write inventories: ${begun.output}`);
  await planOffline(copy);
  for (const environment of ENVIRONMENTS) {
    const plan = await planOf(environment, copy.path);
    await writeFile(inventoryFile(environment), inventoryText(inventoryOf(plan)));
  }
}
