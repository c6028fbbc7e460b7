import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { WORKER_SECRETS } from "./command_lines.ts";
import { faultOf, NO_FIGURES } from "./judge_rollout.ts";
import { deploymentSteps } from "./steps.ts";
import { pipelineTag, readTarget, type Target } from "./target.ts";

const execute = promisify(execFile);
const MAIN = new URL("main.ts", import.meta.url).pathname;
const TARGET: Target = readTarget("preview", {
  edgeUrl: "https://edge.example.com",
  commit: "abc",
});
const OPTIONS = { isTested: false, percent: 5, images: 500, minutes: 30, restSeconds: 30 };
const VERIFY = new URL("verify_attestations.ts", import.meta.url).pathname;

function provenanceOf(revision: string, digest: { sha256?: string } = { sha256: "b" }) {
  const metadata = { "https://mobyproject.org/buildkit@v1#metadata": { vcs: { revision } } };
  return { SLSA: { materials: [{ uri: "pkg:docker/node", digest }], metadata } };
}

const PROVENANCE = provenanceOf("abc");

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
  test(`deploy --env ${environment} --dry-run prints a script that bash can read, each step with what it needs and changes, and its undo`, async () => {
    const { code, stdout } = await deploy("--env", environment, "--dry-run");
    assert.equal(code, 0);
    await using folder = await mkdtempDisposable(join(tmpdir(), "tintype-deploy-"));
    const script = join(folder.path, "deploy.sh");
    await writeFile(script, stdout);
    await execute("bash", ["-n", script]);
    const headings = stdout.split("\n").filter((line) => /^# \d+\. /.test(line));
    const { plan, apply } = deploymentSteps(TARGET, OPTIONS);
    assert.equal(headings.length, plan.length + apply.length);
    for (const mark of ["# needs: ", "# changes: ", "# undo: "]) {
      const lines = stdout.split("\n").filter((line) => line.startsWith(mark) && line !== mark);
      assert.equal(lines.length, headings.length, mark);
    }
  });
}

test("the images' tag names a pipeline's package and its version, and a folder that is none is refused", () => {
  const file = "preview.tfvars";
  assert.equal(pipelineTag("processor/pipelines/template", file), "-template-0.1.0");
  for (const other of ["", "mine/pipeline.ts"]) {
    assert.equal(pipelineTag(other, file), "");
  }
  assert.throws(() => pipelineTag("../not_there", file), /preview\.tfvars.*no package\.json/);
  assert.throws(() => pipelineTag("../a; b", file), /must be a path/);
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

test("deploy refuses an address and a revision that are none, with 2", async () => {
  const wrong = [
    [["--edge", "http://example.com", "--dry-run"], /--edge must be an https address/],
    [["--rollback", "--revision", "a;b", "--dry-run"], /--revision must be a revision's name/],
    [["--revision", "tintype-processor-00001", "--yes"], /--revision goes with --rollback/],
  ] as const;
  for (const [args, message] of wrong) {
    const { code, stderr } = await deploy(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
  }
});

const GOOD = { outcomes: { ready: 1000 }, p50Ms: 400, p95Ms: 800, requests: 1000, refused: 0 };

for (
  const [what, newest, fault] of [
    ["nothing", NO_FIGURES, undefined],
    ["few images", { ...GOOD, outcomes: { failed: 19 } }, undefined],
    ["the same", GOOD, undefined],
    ["a few refusals", { ...GOOD, refused: 20 }, undefined],
    ["refusals", { ...GOOD, refused: 21 }, /refuses 2\.1 % .* with 5xx, the stable one 0\.0 %/],
    [
      "failures",
      { ...GOOD, outcomes: { ready: 980, failed: 20 } },
      /2\.0 % of its images as failed/,
    ],
    ["what customers send", { ...GOOD, outcomes: { ready: 960, corrupt: 40 } }, undefined],
    ["rejections", { ...GOOD, outcomes: { ready: 940, corrupt: 60 } }, /6\.0 % .* as corrupt/],
    ["a slow end", { ...GOOD, p95Ms: 1_001 }, /takes 1001 ms at the 95th percentile/],
    ["a slow median of few", { ...GOOD, outcomes: { ready: 24 }, p50Ms: 601 }, /at the median/],
    ["a slow end of few", { ...GOOD, outcomes: { ready: 24 }, p95Ms: 9_000 }, undefined],
  ] as const
) {
  test(`faultOf() judges ${what}`, () => {
    const found = faultOf(newest, GOOD);
    if (fault === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", fault);
  });
}

for (
  const [what, printed, fault] of [
    ["a good one", [PROVENANCE, { SPDX: { packages: [{}] } }], undefined],
    ["none", [null, null], /names the commit of nobody.*no base image.*no bill of materials/],
    [
      "another commit's",
      [provenanceOf("def"), { SPDX: { packages: [{}] } }],
      /commit def, not abc/,
    ],
    ["a changed tree's", [provenanceOf("abc-dirty"), { SPDX: { packages: [{}] } }], /abc-dirty/],
    ["a moving base's", [provenanceOf("abc", {}), { SPDX: { packages: [{}] } }], /has no digest/],
  ] as const
) {
  test(`verify_attestations takes or refuses ${what}`, async () => {
    const running = execute(process.execPath, [VERIFY, "--commit", "abc"]);
    running.child.stdin?.end(JSON.stringify(printed));
    if (fault === undefined) await running;
    else await assert.rejects(running, ({ stderr }: { stderr: string }) => fault.test(stderr));
  });
}

test("docs/deployment.md and wrangler.toml name what workflows and steps want", async () => {
  const root = new URL("../../", import.meta.url);
  const read = (path: string) => readFile(new URL(path, root), "utf8");
  const flows = await Promise.all(
    ["deploy", "rollback"].map((name) => read(`.github/workflows/${name}.yml`)),
  );
  const wanted = new Set(flows.join().match(/(?<=\b(?:vars|secrets)\.)\w+/g));
  const [document, worker] = [await read("docs/deployment.md"), await read("wrangler.toml")];
  assert.ok(wanted.size > 5);
  for (const name of wanted) assert.ok(document.includes(`\`${name}\``), name);
  for (const name of WORKER_SECRETS) {
    assert.ok(document.includes(`secret put ${name}`) && worker.includes(name), name);
  }
});

test("the changelog names the version that is deployed", async () => {
  const root = new URL("../../", import.meta.url);
  const { version } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
  const changelog = await readFile(new URL("CHANGELOG.md", root), "utf8");
  assert.ok(changelog.includes(`\n## ${version}\n`), `there is no "## ${version}"`);
});
