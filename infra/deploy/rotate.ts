/** `deno task rotate`: makes a new key, has everybody use it, and takes the old one out. */
import { fileURLToPath } from "node:url";
import { defineCommand } from "@tintype/cli/command";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { ROTATIONS, STAGES } from "./rotate_steps.ts";
import { runSteps, scriptOf } from "./run_steps.ts";
import { readTarget } from "./target.ts";
import { STEPS_FLAGS } from "./flags.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const KEYS = Object.keys(ROTATIONS);

const ROTATE = defineCommand({
  name: "rotate",
  summary:
    `\`begin\` makes a new key beside the old one, \`finish\` takes the old one out once nothing needs it; \`use\` is the pseudonym keys' alone, between the two. Keys: ${
      KEYS.join(", ")
    }. A webhook's secret: \`deno task webhooks rotate\`.\nNeeds gcloud, openssl, and wrangler's credentials.`,
  words: { placeholder: "KEY begin|use|finish", min: 2, max: 2 },
  flags: {
    ...STEPS_FLAGS,
  },
});

await runMain(ROTATE, async ({ words: [key = "", stage = ""], env, dryRun }) => {
  const rotation = Object.hasOwn(ROTATIONS, key) ? ROTATIONS[key] : undefined;
  if (rotation === undefined) {
    throw new UsageError(`Cannot run rotate: ${key} is none of ${KEYS.join(", ")}`);
  }
  const steps = STAGES.filter((each) => each === stage)
    .flatMap((each) => rotation[each]?.(readTarget(env, { edgeUrl: "", commit: "" })) ?? []);
  if (steps.length === 0) {
    throw new UsageError(
      `Cannot run rotate: ${key} has only ${Object.keys(rotation).join(", ")}`,
    );
  }
  if (dryRun) return console.log(scriptOf(steps).join("\n"));
  return await runSteps(steps, { cwd: ROOT, say: console.log }) ? EXIT.done : EXIT.failed;
});
