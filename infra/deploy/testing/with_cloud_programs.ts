import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runSteps } from "../run_steps.ts";
import type { Step } from "../step.ts";
import { type CloudState, emptyCloud, readState, writeState } from "./cloud_state.ts";

/** The digest of every image. */
export const DIGEST = `sha256:${"a".repeat(64)}`;
const PROGRAMS = fileURLToPath(new URL("cloud_programs.ts", import.meta.url));
const DEPLOY = fileURLToPath(new URL("..", import.meta.url));

/** What programs print that keep no state; calls of those with one go to `cloud_programs`, all others print nothing. */
const ANSWERS = [
  ["gcloud artifacts docker images describe *", `echo ${DIGEST}`],
  ["docker buildx imagetools inspect *", `echo ${DIGEST}`],
  ["gcloud logging read *", "echo 2026-01-01T00:00:00Z"],
] as const;
const WITH_STATE = ["gcloud run *", "terraform * deploy.plan", "npx wrangler *", "bq *"];

/** A folder in which steps run on fake programs. */
export interface CloudPrograms {
  /** Runs the steps; `said` is what they report, `errors` what the programs and scripts write to stderr. */
  readonly run: (
    steps: readonly Step[],
  ) => Promise<{ done: boolean; said: string[]; errors: string }>;
  readonly state: () => CloudState;
  readonly change: (edit: (state: CloudState) => void) => void;
  /** Every call of a program since the last time, in order. */
  readonly calls: () => Promise<string[]>;
  /** Ends each later call that contains the text with 3; the empty text ends none. */
  readonly failOn: (text: string) => Promise<void>;
}

/** Runs `use` in a folder whose programs share a cloud in which nothing was deployed. */
export async function withCloudPrograms(
  service: string,
  use: (programs: CloudPrograms) => Promise<void>,
): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), "tintype-deploy-"));
  try {
    writeState(join(cwd, "state.json"), emptyCloud(service));
    await writePrograms(cwd);
    await use(programsIn(cwd));
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

async function writePrograms(cwd: string): Promise<void> {
  await mkdir(join(cwd, "infra/terraform"), { recursive: true });
  await mkdir(join(cwd, "node_modules/.bin"), { recursive: true });
  await symlink(DEPLOY, join(cwd, "infra/deploy"));
  await symlink(process.execPath, join(cwd, "node_modules/.bin/node"));
  const cases = [
    ...ANSWERS,
    ...WITH_STATE.map((pattern) =>
      [pattern, `exec ${process.execPath} ${PROGRAMS} ${cwd}/state.json "$name" "$@"`] as const
    ),
  ].map(([pattern, line]) => `  ${pattern.replaceAll(" ", "\\ ")}) ${line} ;;`);
  const script = [
    "#!/usr/bin/env bash",
    'name="${0##*/}"',
    `printf '%s\\n' "$name $*" >> ${cwd}/calls.log`,
    `fail="$(<${cwd}/fail_on)"`,
    '[[ -z "$fail" || "$name $*" != *"$fail"* ]] || exit 3',
    'case "$name $*" in',
    ...cases,
    "esac",
    "",
  ].join("\n");
  await writeFile(join(cwd, "fail_on"), "");
  for (const name of ["gcloud", "terraform", "docker", "npx", "git", "bq"]) {
    await writeFile(join(cwd, name), script);
    await chmod(join(cwd, name), 0o755);
  }
}

function programsIn(cwd: string): CloudPrograms {
  const stateFile = join(cwd, "state.json");
  const taken = async (name: string) => {
    const text = await readFile(join(cwd, name), "utf8").catch(() => "");
    await writeFile(join(cwd, name), "");
    return text;
  };
  return {
    run: async (steps) => {
      const said: string[] = [];
      const done = await runSteps(onPrograms(steps, cwd), { cwd, say: (line) => said.push(line) });
      return { done, said, errors: await taken("errors.log") };
    },
    state: () => readState(stateFile),
    change: (edit) => {
      const state = readState(stateFile);
      edit(state);
      writeState(stateFile, state);
    },
    calls: async () => (await taken("calls.log")).trimEnd().split("\n"),
    failOn: (text) => writeFile(join(cwd, "fail_on"), text),
  };
}

/** The steps with the programs first in the path, as no other way lets a test choose them. */
function onPrograms(steps: readonly Step[], cwd: string): Step[] {
  const before = `exec 2>> errors.log; export PATH="${cwd}:$PATH" SMOKE_TOKEN=token; `;
  return steps.map((step) => ({
    ...step,
    commands: step.commands.map((command) => ({
      ...command,
      line: before + (command.saves === undefined ? "exec >> output.log; " : "") + command.line,
    })),
  }));
}
