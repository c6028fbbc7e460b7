import { execFileSync } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rollbackSteps } from "./rollback_steps.ts";
import { runSteps, scriptOf } from "./run_steps.ts";
import { deploymentSteps } from "./steps.ts";
import { readTarget } from "./target.ts";

const HELP =
  `Deploys everything, in order: checks, images, Terraform, smoke test, edge, end to end, canary.

Usage: npx deno task deploy [--env preview|production] [--dry-run] [--yes] [options]

  --env NAME           preview (default) or production
  --dry-run            prints every command and how to take each step back; runs nothing
  --yes                does not ask for the environment's name before it begins
  --rollback           brings the revision that served before this one back instead, and its worker
  --revision NAME      with --rollback: this revision of the processor, and the worker deployed with it
  --edge URL           the deployed edge, for the end-to-end upload, which shows it a token: a deployment needs it
  --canary-percent N   traffic that the new processor gets first (default: 5; 0 for all at once)
  --canary-minutes N   how long it is watched (default: 30)
  --help               prints this

It needs gcloud, terraform, docker, and wrangler's credentials (docs/deployment.md).
Exit code: 0 done, 1 a step failed, 2 wrong usage.`;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ENVIRONMENTS = ["preview", "production"];
/** Stands in a printed script where no edge is named. */
const SOME_EDGE = "https://images.example.com";

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      env: { type: "string", default: "preview" },
      "dry-run": { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      rollback: { type: "boolean", default: false },
      revision: { type: "string", default: "" },
      edge: { type: "string" },
      "canary-percent": { type: "string", default: "5" },
      "canary-minutes": { type: "string", default: "30" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return say(HELP);
  if (!ENVIRONMENTS.includes(values.env)) {
    throw new TypeError(`Cannot deploy to ${values.env} as --env takes preview or production`);
  }
  if (!/^[a-z0-9-]*$/.test(values.revision)) {
    throw new TypeError(`Cannot roll back to ${values.revision} as it is no revision's name`);
  }
  if (values.revision !== "" && !values.rollback) {
    throw new TypeError("Cannot deploy a revision as --revision goes with --rollback");
  }
  if (values.edge === undefined && !values.rollback && !values["dry-run"]) {
    throw new TypeError("Cannot deploy as --edge must name the edge that is shown a token");
  }
  const target = readTarget(values.env, {
    edgeUrl: addressOf(values.edge ?? SOME_EDGE),
    commit: commitOf(),
  });
  const steps = values.rollback ? rollbackSteps(target, values.revision) : deploymentSteps(target, {
    canaryPercent: numberOf("--canary-percent", { text: values["canary-percent"], max: 50 }),
    canaryMinutes: numberOf("--canary-minutes", { text: values["canary-minutes"], max: 1440 }),
  });
  if (values["dry-run"]) return say(scriptOf(steps).join("\n"));
  if (!values.yes && !await isMeant(values.env)) return 1;
  return await runSteps(steps, { cwd: ROOT, say }) ? 0 : 1;
}

function addressOf(text: string): string {
  if (URL.parse(text)?.protocol === "https:" && !/[\s'"$`\\]/.test(text)) return text;
  throw new TypeError(`Cannot deploy as --edge must be an https address: current value is ${text}`);
}

function numberOf(
  name: string,
  { text, max }: { readonly text: string; readonly max: number },
): number {
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new TypeError(
    `Cannot deploy as ${name} must be from 0 to ${max}: current value is ${text}`,
  );
}

function commitOf(): string {
  try {
    const args = ["rev-parse", "--short=12", "HEAD"];
    return execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "no-commit";
  }
}

async function isMeant(environment: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  // Where nobody can answer the input ends, and the question would wait for ever.
  const ended = new Promise<string>((resolve) => reader.once("close", () => resolve("")));
  const asked = reader.question(`Type ${environment} to go on there: `);
  const answer = await Promise.race([asked, ended]);
  reader.close();
  if (answer.trim() === environment) return true;
  console.error(`Nothing was done as ${environment} was not typed`);
  return false;
}

function say(text: string): number {
  console.log(text);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
