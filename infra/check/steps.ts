import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Ended, run } from "./_process.ts";
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
const DOCKERFILES = ["processor/Dockerfile", "kafka-bridge/Dockerfile"];

/** Production with a Kafka of its own, which neither environment has. */
const SELF_MANAGED_KAFKA: readonly string[] = [
  "-var",
  "bridge={}",
  "-var",
  `self_managed_kafka={enabled=true,image="registry.example.com/kafka@sha256:${"0".repeat(64)}"}`,
];

/** Every check, in their order; those of the provider come last and share one `terraform init`. */
export const STEPS: readonly Step[] = [
  { name: "terraform fmt", run: formatted },
  { name: "contract: terraform test without a provider", run: contractTested },
  { name: "checkov", run: checkovFindsNothing },
  { name: "hadolint", run: hadolintFindsNothing },
  { name: "actionlint", run: actionlintFindsNothing },
  { name: "tflint", run: tflintFindsNothing },
  { name: "provider: validate, mocked plan and apply, inventories", run: providerAccepts },
];

async function formatted(): Promise<Outcome> {
  return await withTool(
    await installed("terraform"),
    async (terraform) =>
      ended(
        await run(terraform, ["fmt", "-check", "-diff", "-recursive", "infra/terraform"], {
          cwd: ROOT,
        }),
      ),
  );
}

async function contractTested(): Promise<Outcome> {
  return await withTool(await installed("terraform"), async (terraform) => {
    await using copy = await copyTerraform();
    const cwd = copy.contract;
    const begun = await run(terraform, ["init", "-input=false", "-no-color"], { cwd });
    if (begun.code !== 0) return ended(begun);
    return ended(await run(terraform, ["test", "-no-color"], { cwd }));
  });
}

async function checkovFindsNothing(): Promise<Outcome> {
  return await withTool(await pythonTool("checkov"), async (checkov) => {
    const folders = ["infra/terraform", ".github", "processor", "kafka-bridge"]
      .flatMap((folder) => ["--directory", folder]);
    const frameworks = ["--framework", "terraform", "dockerfile", "github_actions"];
    const variables = ["--var-file", "infra/terraform/production.tfvars"];
    const quiet = ["--skip-download", "--quiet", "--compact"];
    const done = await run(checkov, [...folders, ...frameworks, ...variables, ...quiet], {
      cwd: ROOT,
    });
    // Each framework reports what it has looked at; one that found no file reports nothing.
    const looked = done.output.match(/^Passed checks: [1-9]/gm)?.length ?? 0;
    return done.code === 0 && looked < 3 ? { kind: "failed", text: done.output } : ended(done);
  });
}

async function hadolintFindsNothing(): Promise<Outcome> {
  return await withTool(
    await pythonTool("hadolint"),
    async (hadolint) => ended(await run(hadolint, ["--no-color", ...DOCKERFILES], { cwd: ROOT })),
  );
}

async function actionlintFindsNothing(): Promise<Outcome> {
  return await withTool(
    await actionlint(),
    async (path) => ended(await run(path, [], { cwd: ROOT })),
  );
}

async function tflintFindsNothing(): Promise<Outcome> {
  return await withTool(await installed("tflint"), async (tflint) => {
    await using copy = await copyTerraform();
    const cwd = copy.path;
    const begun = await run(tflint, ["--init"], { cwd, timeoutMs: 30_000 });
    if (begun.code === 0) return ended(await run(tflint, ["--recursive", "--no-color"], { cwd }));
    await withoutGoogleRules(copy);
    const done = ended(await run(tflint, ["--recursive", "--no-color"], { cwd }));
    return done.kind === "passed"
      ? { kind: "passed", note: "without its google rules, which it cannot have" }
      : done;
  });
}

async function providerAccepts(): Promise<Outcome> {
  return await withTool(await installed("terraform"), async (terraform) => {
    await using copy = await copyTerraform();
    const cwd = copy.path;
    const begun = await run(terraform, ["init", "-input=false", "-no-color"], { cwd });
    if (begun.code !== 0) {
      return { kind: "not_run", why: "terraform init cannot have hashicorp/google" };
    }
    for (const args of [["validate", "-no-color"], ["test", "-no-color"]]) {
      const done = await run(terraform, args, { cwd });
      if (done.code !== 0) return ended(done);
    }
    return await plansAreAsExpected(copy);
  });
}

async function plansAreAsExpected(copy: TerraformCopy): Promise<Outcome> {
  await planOffline(copy);
  const selfManaged = await planOf("production", copy.path, SELF_MANAGED_KAFKA);
  const wrong = findingsOf(selfManaged);
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
export function inventoryText(inventory: ReturnType<typeof inventoryOf>): string {
  return `${JSON.stringify(inventory, null, 2)}\n`;
}

async function withTool(tool: Tool, check: (path: string) => Promise<Outcome>): Promise<Outcome> {
  return "missing" in tool ? { kind: "not_run", why: tool.missing } : await check(tool.path);
}

function ended({ code, output }: Ended): Outcome {
  return code === 0 ? PASSED : { kind: "failed", text: output.trim() };
}
