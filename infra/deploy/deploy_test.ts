import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ENOUGH_IMAGES, figuresSql, judgeCanary } from "./judge_canary.ts";
import { scriptOf } from "./run_steps.ts";
import { deploymentSteps } from "./steps.ts";
import { readTarget, type Target } from "./target.ts";

const execute = promisify(execFile);
const MAIN = new URL("main.ts", import.meta.url).pathname;
const TARGET: Target = readTarget("preview", {
  edgeUrl: "https://edge.example.com",
  commit: "abc",
});
const OPTIONS = { canaryPercent: 5, canaryMinutes: 30 };

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
    await using folder = await mkdtempDisposable(join(tmpdir(), "tintype-deploy-"));
    const script = join(folder.path, "deploy.sh");
    await writeFile(script, stdout);
    await execute("bash", ["-n", script]);
    const headings = stdout.split("\n").filter((line) => /^# \d+\. /.test(line));
    assert.equal(headings.length, deploymentSteps(TARGET, OPTIONS).length);
    assert.equal(
      stdout.split("\n").filter((line) => line.startsWith("# rollback: ")).length,
      headings.length,
    );
  });
}

test("a deployment goes: checks, images, Terraform, columns, keeper and days, smoke test, edge, end to end, canary", () => {
  const script = scriptOf(deploymentSteps(TARGET, OPTIONS)).join("\n");
  const marks = [
    "deno task infra:check",
    "deno task test",
    "docker buildx build",
    "terraform -chdir=infra/terraform apply -input=false deploy.plan",
    "compare_columns.ts --table images",
    "compare_columns.ts --table purges",
    'tintype-preview-keeper --region europe-west4 --project example-tintype-preview --to-revisions "$KEEPER_NEWEST=100"',
    "gcloud scheduler jobs run tintype-preview-days",
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
    [["--env", "staging"], /--env must be one of preview, production/],
    [
      ["--canary-percent", "90", "--dry-run"],
      /--canary-percent must be a whole number from 0 to 50 \(got "90"\)/,
    ],
    [["--edge", "http://example.com", "--dry-run"], /--edge must be an https address/],
    [["--rollback", "--revision", "a;b", "--dry-run"], /--revision must be a revision's name/],
    [["--revision", "tintype-processor-00001", "--yes"], /--revision goes with --rollback/],
    [["--nonsense"], /nonsense/],
  ] as const;
  for (const [args, message] of wrong) {
    const { code, stderr } = await deploy(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
  }
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
