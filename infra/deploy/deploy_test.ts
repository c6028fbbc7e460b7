import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ENOUGH_IMAGES, figuresSql, judgeCanary } from "./judge_canary.ts";
import { runSteps, scriptOf } from "./run_steps.ts";
import { deploymentSteps, rollbackSteps } from "./steps.ts";
import { readTarget, type Target } from "./target.ts";

const execute = promisify(execFile);
const MAIN = new URL("main.ts", import.meta.url).pathname;
const TARGET: Target = readTarget("preview", {
  edgeUrl: "https://edge.example.com",
  commit: "abc",
});
const OPTIONS = { canaryPercent: 5, canaryMinutes: 30 };
const DIGEST = `sha256:${"a".repeat(64)}`;

async function deploy(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const running = execute(process.execPath, [MAIN, ...args]);
  running.child.stdin?.end();
  return await running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

for (const environment of ["preview", "production"]) {
  test(`deploy --env ${environment} --dry-run prints a script that bash can read, each step with its rollback`, async () => {
    const { code, stdout } = await deploy("--env", environment, "--dry-run");
    assert.equal(code, 0);
    const folder = await mkdtemp(join(tmpdir(), "tintype-deploy-"));
    try {
      await writeFile(join(folder, "deploy.sh"), stdout);
      await execute("bash", ["-n", join(folder, "deploy.sh")]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const headings = stdout.split("\n").filter((line) => /^# \d+\. /.test(line));
    assert.equal(headings.length, deploymentSteps(TARGET, OPTIONS).length);
    assert.equal(
      stdout.split("\n").filter((line) => line.startsWith("# rollback: ")).length,
      headings.length,
    );
  });
}

test("a deployment goes: checks, images, Terraform, smoke test, edge, end to end, canary", () => {
  const script = scriptOf(deploymentSteps(TARGET, OPTIONS)).join("\n");
  const marks = [
    "deno task infra:check",
    "deno task test",
    "docker buildx build",
    "terraform -chdir=infra/terraform apply -input=false deploy.plan",
    "gcloud storage cp -",
    "wrangler deploy --env preview",
    "deno task upload",
    '"$NEWEST=5,$STABLE=95"',
    'tintype-preview-processor --region europe-west4 --project example-tintype-preview --to-revisions "$NEWEST=100"',
  ];
  const places = marks.map((mark) => script.indexOf(mark));
  assert.ok(!places.includes(-1), `missing: ${marks[places.indexOf(-1)]}`);
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

test("deploy begins nothing where nobody answers, and shows no token to an edge that was not named", async () => {
  const unanswered = await deploy("--env", "preview", "--edge", "https://edge.example.com");
  assert.equal(unanswered.code, 1);
  assert.equal(unanswered.stdout, "");
  assert.match(unanswered.stderr, /Nothing was done as preview was not typed\n$/);
  const unnamed = await deploy("--env", "preview", "--yes");
  assert.deepEqual([unnamed.code, unnamed.stdout], [2, ""]);
  assert.match(unnamed.stderr, /--edge must name the edge/);
});

test("deploy refuses an environment, a number and an address that are none, with 2", async () => {
  const wrong = [
    [["--env", "staging"], /--env takes preview or production/],
    [
      ["--canary-percent", "90", "--dry-run"],
      /--canary-percent must be from 0 to 50: current value is 90/,
    ],
    [["--edge", "http://example.com", "--dry-run"], /--edge must be an https address/],
    [["--rollback", "--revision", "a;b", "--dry-run"], /it is no revision's name/],
    [["--revision", "tintype-processor-00001", "--yes"], /--revision goes with --rollback/],
    [["--nonsense"], /nonsense/],
  ] as const;
  for (const [args, message] of wrong) {
    const { code, stderr } = await deploy(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
  }
});

/** Programs that write down how they were called; `answers` is what they print where a call contains the key. */
async function withStandIns(
  answers: Readonly<Record<string, string>>,
  use: (cwd: string, calls: () => Promise<string[]>) => Promise<void>,
): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), "tintype-deploy-"));
  const log = join(cwd, "calls.log");
  const cases = Object.entries(answers).map(([key, answer]) =>
    `  *${JSON.stringify(key)}*) ${answer} ;;`
  );
  const script = [
    "#!/usr/bin/env bash",
    `echo "$(basename "$0") $*" >> ${log}`,
    'case "$(basename "$0") $*" in',
    ...cases,
    "esac",
  ].join("\n");
  try {
    for (const name of ["gcloud", "terraform", "docker", "npx", "git", "bq"]) {
      await writeFile(join(cwd, name), `${script}\n`);
      await chmod(join(cwd, name), 0o755);
    }
    await mkdir(join(cwd, "infra/terraform"), { recursive: true });
    await mkdir(join(cwd, "node_modules/.bin"), { recursive: true });
    await writeFile(join(cwd, "node_modules/.bin/node"), `${script}\n`, { mode: 0o755 });
    await use(cwd, async () => (await readFile(log, "utf8")).trim().split("\n"));
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** The steps with the stand-ins first in the path, as no other way lets a test choose programs. */
function onStandIns(steps: ReturnType<typeof deploymentSteps>, cwd: string) {
  const commands = (step: typeof steps[number]) =>
    step.commands.map((command) => ({
      ...command,
      line: `export PATH=${cwd}:$PATH SMOKE_TOKEN=token; ${command.line}`,
    }));
  return steps.map((step) => ({ ...step, commands: commands(step) }));
}

const ANSWERS = {
  "images describe": `echo ${DIGEST}`,
  "imagetools inspect": `echo ${DIGEST}`,
  "latestReadyRevisionName": "echo tintype-processor-00001",
  "latestCreatedRevisionName": "echo tintype-processor-00002",
  "logging read": "echo 2026-01-01T00:00:00Z",
  "secret list": 'echo "SIGNING_KEY PSEUDONYM_KEYS CURSOR_KEY"',
} as const;

test("runSteps() runs a whole deployment and hands digests and revisions on", async () => {
  await withStandIns(ANSWERS, async (cwd, calls) => {
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    assert.equal(
      await runSteps(onStandIns(deploymentSteps(TARGET, OPTIONS), cwd), { cwd, say }),
      true,
      said.join("\n"),
    );
    const made = await calls();
    const planned = made.find((call) => call.includes("terraform") && call.includes(" plan ")) ??
      "";
    assert.match(planned, new RegExp(`processor_digest=${DIGEST} -var bridge_digest=${DIGEST}`));
    assert.ok(
      made.some((call) =>
        call.endsWith("--to-revisions tintype-processor-00002=5,tintype-processor-00001=95")
      ),
    );
    assert.match(made.at(-1) ?? "", /--to-revisions tintype-processor-00002=100$/);
  });
});

test("a canary that is worse gives the traffic back, and the deployment fails", async () => {
  await withStandIns({ ...ANSWERS, "canary.ts": "exit 1" }, async (cwd, calls) => {
    const say = () => {};
    assert.equal(
      await runSteps(onStandIns(deploymentSteps(TARGET, OPTIONS), cwd), { cwd, say }),
      false,
    );
    assert.match((await calls()).at(-1) ?? "", /--to-revisions tintype-processor-00001=100$/);
  });
});

test("a step that fails ends the deployment and says how to take back what was done, the last first", async () => {
  await withStandIns(
    { ...ANSWERS, "apply -input=false deploy.plan": "exit 3" },
    async (cwd, calls) => {
      const said: string[] = [];
      const say = (line: string) => void said.push(line);
      assert.equal(
        await runSteps(onStandIns(deploymentSteps(TARGET, OPTIONS), cwd), { cwd, say }),
        false,
      );
      assert.ok(said.some((line) => line.startsWith("Cannot go on as this ended with 3")));
      const rollbacks = said.slice(said.findIndex((line) => line.startsWith("To take back")) + 1);
      assert.match(rollbacks[0] ?? "", /^ {2}Apply Terraform: git checkout/);
      assert.match(rollbacks.at(-1) ?? "", /^ {2}Check the tree: Nothing/);
      assert.ok(!(await calls()).some((call) => call.includes("wrangler deploy")));
    },
  );
});

test("deploy --rollback gives the traffic to the revision before, then the worker's version back", async () => {
  await withStandIns({ "revisions list": "printf 'new\\nbefore\\n'" }, async (cwd, calls) => {
    const say = () => {};
    assert.equal(await runSteps(onStandIns(rollbackSteps(TARGET, ""), cwd), { cwd, say }), true);
    const made = await calls();
    assert.match(made[1] ?? "", /--to-revisions before=100$/);
    assert.match(made[2] ?? "", /wrangler rollback --env preview/);
  });
});

test("judgeCanary() takes a revision that is as good, and no worse one", () => {
  const stable = { images: 2000, failed: 2, p95Ms: 800 };
  const kind = (newest: typeof stable) => judgeCanary(newest, stable).kind;
  assert.equal(kind({ images: 100, failed: 0, p95Ms: 820 }), "good");
  assert.equal(kind({ images: 100, failed: 3, p95Ms: 820 }), "bad");
  assert.equal(kind({ images: 100, failed: 0, p95Ms: 1100 }), "bad");
  assert.equal(kind({ images: ENOUGH_IMAGES - 1, failed: 0, p95Ms: 100 }), "too_few");
});

test("judgeCanary() does not compare the speed of a stable revision that hardly any image saw", () => {
  const stable = { images: 3, failed: 0, p95Ms: 100 };
  assert.equal(judgeCanary({ images: 100, failed: 0, p95Ms: 900 }, stable).kind, "good");
});

test("figuresSql() asks for both revisions and for nothing before the canary began", () => {
  const sql = figuresSql(["p-00002", "p-00001"], "2026-01-01T00:00:00.000Z");
  assert.match(sql, /IN \('p-00002', 'p-00001'\)/);
  assert.match(sql, /processed_at >= TIMESTAMP '2026-01-01T00:00:00.000Z'/);
});

test("the changelog tells of the version that is deployed", async () => {
  const root = new URL("../../", import.meta.url);
  const { version } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
  const changelog = await readFile(new URL("CHANGELOG.md", root), "utf8");
  assert.ok(changelog.includes(`\n## ${version}\n`), `there is no "## ${version}"`);
});
