/** Looks whether an account is ready for a deployment, and reports what is missing; changes nothing. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defineCommand } from "@tintype/cli/command";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { accountChecks } from "./command_lines.ts";
import { readTarget } from "./target.ts";
import { ENV_FLAG } from "./flags.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const DOCTOR = defineCommand({
  name: "doctor",
  summary:
    "Looks whether programs, accounts, rights, quotas, names and tokens are there for a deployment; changes nothing.",
  flags: {
    ...ENV_FLAG,
  },
  exitCodes: { 0: "a deployment can begin", 1: "something is missing" },
});

await runMain(DOCTOR, async ({ env }) => {
  const line = accountChecks(readTarget(env, { edgeUrl: "", commit: "" }));
  const { status } = spawnSync("bash", ["-c", line], { cwd: ROOT, stdio: "inherit" });
  return status === 0 ? EXIT.done : EXIT.failed;
});
