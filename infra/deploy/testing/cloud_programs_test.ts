import assert from "node:assert/strict";
import { test } from "node:test";
import { applyPlan } from "./cloud_programs.ts";
import { type CloudState, emptyCloud, Refusal } from "./cloud_state.ts";
import { runGcloud } from "./gcloud_run.ts";
import { addVersion, runWrangler } from "./wrangler.ts";

const WHERE = ["--region", "europe-west4", "--project=p"];
const UPDATE = ["run", "services", "update-traffic", "s", ...WHERE];
const APPLY = ["-chdir=infra/terraform", "apply", "-input=false", "deploy.plan"];

/** Two revisions that are ready and one that is not; the second has all traffic. */
function cloud(): CloudState {
  const state = emptyCloud("s");
  applyPlan(state, APPLY);
  applyPlan(state, APPLY);
  state.nextRevision = "failing";
  assert.throws(() => applyPlan(state, APPLY), Refusal);
  return state;
}

test("the fake gcloud refuses what gcloud refuses, and changes nothing", () => {
  const refused = [
    [["run", "services", "rollback", "s", ...WHERE], /Invalid choice: 'rollback'/],
    [["run", "services", "list", "--service", "s", ...WHERE], /unrecognized arguments/],
    [["run", "services", "describe", "t", "--format=json", ...WHERE], /Cannot find service \[t\]/],
    [UPDATE, /No traffic configuration change requested/],
    [[...UPDATE, "--to-latest"], /unrecognized arguments/],
    [[...UPDATE, "--to-revisions=s-00001-abc=70,s-00002-abc=40"], /Over 100% of traffic/],
    [[...UPDATE, "--to-revisions=s-00001-abc=70,s-00002-abc=20"], /100% of traffic has not/],
    [[...UPDATE, "--to-revisions=s-00003-abc=100"], /'s-00003-abc' is not ready/],
    [[...UPDATE, "--to-revisions=s-00004-abc=100"], /'s-00004-abc' is not ready/],
    [[...UPDATE, "--to-revisions==100"], /Bad syntax for dict arg/],
    [[...UPDATE, "--update-tags=previous=s-00004-abc"], /'s-00004-abc' is not found/],
    [[...UPDATE, `--update-tags=${"a".repeat(46)}=s-00001-abc`], /together are too long/],
  ] as const;
  for (const [args, message] of refused) {
    const state = cloud();
    assert.throws(() => runGcloud(state, args), message, args.join(" "));
    assert.deepEqual(state, cloud());
  }
});

test("the fake gcloud keeps tags beside shares, as gcloud writes them", () => {
  const state = cloud();
  const first = { revisionName: "s-00001-abc" };
  const second = { revisionName: "s-00002-abc" };
  const changes = [
    [["--to-revisions=s-00002-abc=100", "--update-tags=a=s-00001-abc"], [
      { ...second, percent: 100 },
      { ...first, tag: "a" },
    ]],
    [["--to-revisions", "s-00001-abc=5,s-00002-abc=95"], [
      { ...first, percent: 5 },
      { ...second, percent: 95 },
      { ...first, tag: "a" },
    ]],
    [["--update-tags=a=s-00002-abc"], [
      { ...first, percent: 5 },
      { ...second, percent: 95 },
      { ...second, tag: "a" },
    ]],
  ] as const;
  for (const [flags, traffic] of changes) {
    runGcloud(state, [...UPDATE, ...flags]);
    assert.deepEqual(state.service.traffic, traffic);
  }
  const status = ["run", "services", "describe", "s", ...WHERE, "--format=json"];
  const [{ status: { traffic } }] = JSON.parse(runGcloud(cloud(), status));
  assert.deepEqual(traffic, [{ latestRevision: true, ...second, percent: 100 }]);
});

test("the fake gcloud lists services and revisions, and refuses an account without the right", () => {
  const list = ["run", "services", "list", ...WHERE, "--format=value(metadata.name)"];
  assert.equal(runGcloud(emptyCloud("s"), list), "s-other");
  assert.equal(runGcloud(cloud(), list), "s-other\ns\ns-keeper");
  const revisions = ["run", "revisions", "list", "--service=s", ...WHERE];
  assert.equal(runGcloud(cloud(), revisions), "s-00003-abc\ns-00002-abc\ns-00001-abc");
  const denied = { ...cloud(), denied: ["run.services.list"] };
  assert.throws(() => runGcloud(denied, list), /PERMISSION_DENIED: Permission 'run.services.list'/);
});

test("the fake wrangler goes back to the deployment before where no version is named", () => {
  const { worker, ...state } = cloud();
  const run = (...args: string[]) => runWrangler({ ...state, worker }, ["wrangler", ...args]);
  run("deploy", "--env", "preview", "--tag", "one");
  run("deploy", '--env=""', "--tag", "two");
  addVersion(worker, {});
  const ids = worker.versions.map(({ id }) => id);
  const listed: { id: string; annotations: Record<string, string> }[] = JSON.parse(
    run("versions", "list", "--env", "preview", "--json"),
  );
  assert.deepEqual(listed.map(({ id }) => id), ids);
  assert.deepEqual(listed.map(({ annotations }) => annotations["workers/tag"]), [
    "one",
    "two",
    undefined,
  ]);
  run("rollback", "--env", "preview", "--yes");
  assert.equal(worker.deployments.at(-1), ids[1]);
  run("rollback", ids[0] ?? "", "--env", "preview", "-y");
  assert.equal(worker.deployments.at(-1), ids[0]);
  assert.throws(() => run("rollback", "none", "--yes"), /Could not find Worker Version none/);
  assert.throws(() => run("rollback", "--force"), /Unknown arguments/);
  assert.throws(() => run("publish"), /Unknown argument: publish/);
});
