import { execFileSync } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { defineCommand } from "@tintype/cli/command";
import { matching, oneOf, wholeNumber } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { rollbackSteps } from "./rollback_steps.ts";
import { runSteps, scriptOf } from "./run_steps.ts";
import { deploymentSteps } from "./steps.ts";
import { readTarget } from "./target.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Stands in a printed script where no edge is named. */
const SOME_EDGE = "https://images.example.com";

const DEPLOY = defineCommand({
  name: "deploy",
  summary:
    "Deploys everything, in order: checks, images, Terraform, columns, keeper, smoke test, edge, end to end, canary.\nNeeds gcloud, terraform, docker, and wrangler's credentials (docs/deployment.md).",
  flags: {
    "env NAME": {
      about: "preview or production",
      parse: oneOf(["preview", "production"]),
      default: "preview",
    },
    "dry-run": "print every command and how to take each step back; run nothing",
    "yes": "do not ask for the environment's name before it begins",
    "rollback": "bring the revision that served before this one back instead, and its worker",
    "revision NAME": {
      about: "with --rollback: this revision of the processor, and the worker deployed with it",
      parse: matching(/^[a-z0-9-]+$/, "be a revision's name"),
    },
    "edge URL": {
      about:
        "the deployed edge, for the end-to-end upload, which shows it a token: a deployment needs it",
      parse: httpsAddress,
    },
    "canary-percent N": {
      about: "traffic that the new processor gets first; 0 for all at once",
      parse: wholeNumber(0, 50),
      default: "5",
    },
    "canary-minutes N": {
      about: "how long it is watched",
      parse: wholeNumber(0, 1440),
      default: "30",
    },
  },
});

async function deploy(call: ReturnType<typeof DEPLOY.parse>): Promise<number> {
  const { env, edge, revision, rollback, yes, dryRun, canaryPercent, canaryMinutes } = call;
  if (revision !== undefined && !rollback) {
    throw new UsageError("Cannot run deploy: --revision goes with --rollback");
  }
  if (edge === undefined && !rollback && !dryRun) {
    throw new UsageError("Cannot run deploy: --edge must name the edge that is shown a token");
  }
  const target = readTarget(env, { edgeUrl: edge ?? SOME_EDGE, commit: commitOf() });
  const steps = rollback ? rollbackSteps(target, revision ?? "") : deploymentSteps(target, {
    canaryPercent,
    canaryMinutes,
  });
  if (dryRun) {
    console.log(scriptOf(steps).join("\n"));
    return EXIT.done;
  }
  if (!yes && !await isMeant(env)) return EXIT.failed;
  return await runSteps(steps, { cwd: ROOT, say: console.log }) ? EXIT.done : EXIT.failed;
}

/** An https address that a shell takes as it is. */
function httpsAddress(text: string): string {
  if (URL.parse(text)?.protocol === "https:" && !/[\s'"$`\\]/.test(text)) return text;
  throw new UsageError("must be an https address");
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

await runMain(DEPLOY, deploy);
