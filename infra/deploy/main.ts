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
import { STEPS_FLAGS } from "./flags.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** How long each step of the worker is left before it is tried. */
const REST_SECONDS = 30;
/** Stands in a printed script where no edge is named. */
const SOME_EDGE = "https://images.example.com";

const DEPLOY = defineCommand({
  name: "deploy",
  summary:
    "Deploys everything, in order: images, columns, plan; then what the plan says, the keeper, a new revision by synthetic images and a share of the traffic, the worker in steps. A deployment that stopped goes on where it stopped.\nNeeds gcloud, terraform, docker, and wrangler's credentials; `deno task doctor` looks for them.",
  flags: {
    ...STEPS_FLAGS,
    "only HALF": {
      about: "plan: up to the plan; apply: from the plan of this commit on",
      parse: oneOf(["plan", "apply"]),
    },
    "tested": "the suite has passed for this commit elsewhere; do not run it",
    "yes":
      "do not ask for the environment's name, neither before it begins nor before it applies the plan",
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
    "percent N": {
      about: "traffic that the new processor gets first; 0 takes all after the synthetic images",
      parse: wholeNumber(0, 50),
      default: "5",
    },
    "images N": {
      about: "how many images end that share early",
      parse: wholeNumber(20),
      default: "500",
    },
    "minutes N": {
      about: "when that share ends at the latest",
      parse: wholeNumber(0, 1440),
      default: "30",
    },
  },
});

async function deploy(call: ReturnType<typeof DEPLOY.parse>): Promise<number> {
  const { env, edge, revision, rollback, dryRun, only, tested } = call;
  if (revision !== undefined && !rollback) {
    throw new UsageError("Cannot run deploy: --revision goes with --rollback");
  }
  if (edge === undefined && !rollback && !dryRun) {
    throw new UsageError("Cannot run deploy: --edge must name the edge that is shown a token");
  }
  const target = readTarget(env, { edgeUrl: edge ?? SOME_EDGE, commit: commitOf() });
  const { plan, apply } = deploymentSteps(target, {
    ...call,
    isTested: tested,
    restSeconds: REST_SECONDS,
  });
  const halves = rollback
    ? [rollbackSteps(target, revision ?? "", edge)]
    : [...only === "apply" ? [] : [plan], ...only === "plan" ? [] : [apply]];
  if (dryRun) {
    console.log(scriptOf(halves.flat()).join("\n"));
    return EXIT.done;
  }
  // Asked before each half, as the plan is what a person says yes to.
  for (const steps of halves) {
    if (!call.yes && !await isMeant(env)) return EXIT.failed;
    if (!await runSteps(steps, { cwd: ROOT, say: console.log })) return EXIT.failed;
  }
  return EXIT.done;
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
