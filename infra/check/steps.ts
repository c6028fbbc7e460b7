import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./_process.ts";
import { actionlint, installed, pythonTool, type Tool } from "./_tools.ts";
import {
  copyTerraform,
  planOffline,
  ROOT,
  type TerraformCopy,
  withoutGoogleRules,
} from "./_tree.ts";
import { findingsOf } from "./findings.ts";
import { inventoryOf } from "./inventory.ts";
import { ENVIRONMENTS, planOf } from "./terraform_plan.ts";

/** How a step ended: nothing to say, what is wrong, or why it could not run on this machine. */
type Outcome =
  | { readonly kind: "passed"; readonly note?: string }
  | { readonly kind: "failed"; readonly text: string }
  | { readonly kind: "not_run"; readonly why: string };

/** One check of the infrastructure. */
export interface Step {
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

const PASSED: Outcome = { kind: "passed" };
const INIT = ["init", "-input=false", "-no-color"];
const DOCKERFILES = ["processor/Dockerfile", "kafka-bridge/Dockerfile"];

/** Production with keys and a Kafka of its own, which neither environment has. */
const RESILIENT: readonly string[] = [
  "-var",
  "profile=resilient",
  "-var",
  "bridge={}",
  "-var",
  `self_managed_kafka={enabled=true,image="registry.example.com/kafka@sha256:${"0".repeat(64)}"}`,
];

/** Every check, in their order; those of the provider come last and share one `terraform init`. */
export const STEPS: readonly Step[] = [
  step(
    "terraform fmt",
    terraform,
    (path) => ends(path, ["fmt", "-check", "-diff", "-recursive", "infra/terraform"]),
  ),
  step("contract: terraform test without a provider", terraform, contractTested),
  step("checkov", () => pythonTool("checkov"), checkovFindsNothing),
  step(
    "hadolint",
    () => pythonTool("hadolint"),
    (path) => ends(path, ["--no-color", ...DOCKERFILES]),
  ),
  step("actionlint", actionlint, (path) => ends(path, [])),
  step("tflint", () => installed("tflint"), tflintFindsNothing),
  step("provider: validate, mocked plan and apply, inventories", terraform, providerAccepts),
];

/** A step that takes one tool, and is not run where that is missing. */
function step(
  name: string,
  find: () => Promise<Tool>,
  check: (path: string) => Promise<Outcome>,
): Step {
  const run = async (): Promise<Outcome> => {
    const tool = await find();
    return "missing" in tool ? { kind: "not_run", why: tool.missing } : await check(tool.path);
  };
  return { name, run };
}

function terraform(): Promise<Tool> {
  return installed("terraform");
}

async function contractTested(program: string): Promise<Outcome> {
  await using copy = await copyTerraform();
  const cwd = copy.contract;
  const begun = await ends(program, INIT, { cwd });
  return begun.kind === "passed" ? await ends(program, ["test", "-no-color"], { cwd }) : begun;
}

async function checkovFindsNothing(checkov: string): Promise<Outcome> {
  const folders = ["infra/terraform", ".github", "processor", "kafka-bridge"]
    .flatMap((folder) => ["--directory", folder]);
  const frameworks = ["--framework", "terraform", "dockerfile", "github_actions"];
  const variables = ["--var-file", "infra/terraform/production.tfvars"];
  const quiet = ["--skip-download", "--quiet", "--compact"];
  const args = [...folders, ...frameworks, ...variables, ...quiet];
  const { code, output } = await run(checkov, args, { cwd: ROOT });
  // Each framework reports what it has looked at; one that found no file reports nothing.
  const looked = output.match(/^Passed checks: [1-9]/gm)?.length ?? 0;
  return code === 0 && looked >= 3 ? PASSED : { kind: "failed", text: output.trim() };
}

async function tflintFindsNothing(tflint: string): Promise<Outcome> {
  await using copy = await copyTerraform();
  const cwd = copy.path;
  const begun = await run(tflint, ["--init"], { cwd, timeoutMs: 30_000 });
  if (begun.code !== 0) await withoutGoogleRules(copy);
  const done = await ends(tflint, ["--recursive", "--no-color"], { cwd });
  return done.kind === "passed" && begun.code !== 0
    ? { ...done, note: "without its google rules, which it cannot have" }
    : done;
}

async function providerAccepts(program: string): Promise<Outcome> {
  await using copy = await copyTerraform();
  const cwd = copy.path;
  if ((await run(program, INIT, { cwd })).code !== 0) {
    return { kind: "not_run", why: "terraform init cannot have hashicorp/google" };
  }
  for (const command of ["validate", "test"]) {
    const done = await ends(program, [command, "-no-color"], { cwd });
    if (done.kind !== "passed") return done;
  }
  return await plansAreAsExpected(copy);
}

async function plansAreAsExpected(copy: TerraformCopy): Promise<Outcome> {
  await planOffline(copy);
  const wrong = findingsOf(await planOf("production", copy.path, RESILIENT));
  if (wrong.length > 0) return { kind: "failed", text: wrong.join("\n") };
  for (const environment of ENVIRONMENTS) {
    const plan = await planOf(environment, copy.path);
    const findings = findingsOf(plan);
    if (findings.length > 0) return { kind: "failed", text: findings.join("\n") };
    const expected = await readFile(inventoryFile(environment), "utf8");
    if (inventoryText(inventoryOf(plan)) === expected) continue;
    return {
      kind: "failed",
      text:
        `The plan of ${environment} differs from its inventory: read the difference after npx deno task infra:check --write`,
    };
  }
  return PASSED;
}

/** Where an environment's inventory is committed. */
export function inventoryFile(environment: string): string {
  return join(ROOT, "infra/check/expected", `${environment}.json`);
}

/** An inventory as it is committed. */
function inventoryText(inventory: ReturnType<typeof inventoryOf>): string {
  return `${JSON.stringify(inventory, null, 2)}\n`;
}

/** Runs a program that finds nothing wrong where it ends with 0, in the repository's root where no folder is named. */
async function ends(
  program: string,
  args: readonly string[],
  { cwd }: { readonly cwd: string } = { cwd: ROOT },
): Promise<Outcome> {
  const { code, output } = await run(program, args, { cwd });
  return code === 0 ? PASSED : { kind: "failed", text: output.trim() };
}

/** Writes the inventory of each environment from a fresh plan; throws Error where `terraform init` cannot have the provider. */
export async function writeInventories(): Promise<void> {
  await using copy = await copyTerraform();
  const begun = await run("terraform", INIT, { cwd: copy.path });
  if (begun.code !== 0) throw new Error(`Cannot write inventories: ${begun.output}`);
  await planOffline(copy);
  for (const environment of ENVIRONMENTS) {
    const plan = await planOf(environment, copy.path);
    await writeFile(inventoryFile(environment), inventoryText(inventoryOf(plan)));
  }
}
