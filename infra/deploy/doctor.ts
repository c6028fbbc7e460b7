/** Looks whether an account is ready for a deployment, and reports what is missing; changes nothing. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defineCommand } from "@tintype/cli/command";
import { oneOf } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { accountChecks } from "./account_checks.ts";
import { readTarget } from "./target.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const DOCTOR = defineCommand({
  name: "doctor",
  summary:
    "Looks whether programs, accounts, rights, quotas, names and tokens are there for a deployment; changes nothing.",
  flags: {
    "env NAME": {
      about: "preview or production",
      parse: oneOf(["preview", "production"]),
      default: "preview",
    },
  },
  exitCodes: { 0: "a deployment can begin", 1: "something is missing" },
});

await runMain(DOCTOR, async ({ env }) => {
  const target = readTarget(env, { edgeUrl: "", commit: "" });
  let missing = 0;
  for (const { name, line, advice } of accountChecks(target)) {
    const shell = ["-euo", "pipefail", "-c", line];
    const { status, stdout, stderr } = spawnSync("bash", shell, { cwd: ROOT, encoding: "utf8" });
    if (status === 0) {
      console.log(`ok       ${name}`);
      continue;
    }
    missing++;
    const found = `${stdout}${stderr}`.trim().split("\n").at(-1) ?? "";
    console.log(`MISSING  ${name}${found === "" ? "" : ` (${found.slice(0, 200)})`}: ${advice}`);
  }
  return missing === 0 ? EXIT.done : EXIT.failed;
});
