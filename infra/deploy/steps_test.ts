import assert from "node:assert/strict";
import { test } from "node:test";
import { rollbackSteps } from "./rollback_steps.ts";
import { deploymentSteps } from "./steps.ts";
import { readTarget, type Target } from "./target.ts";

import {
  addRevision,
  addVersion,
  type CloudState,
  emptyCloud,
  putSecret,
} from "./testing/cloud_state.ts";
import { type CloudPrograms, withCloudPrograms } from "./testing/with_cloud_programs.ts";

type Half = "plan" | "apply";
type Use = (programs: CloudPrograms) => Promise<void>;

const TARGET: Target = readTarget("preview", { edgeUrl: "", commit: "abc" });
/** Every share is judged at once. */
const OPTIONS = { isTested: false, percent: 5, images: 100, minutes: 0, restSeconds: 0 };
const [FIRST, SECOND, THIRD, FIFTH] = [1, 2, 3, 5].map((number) =>
  `${TARGET.service}-0000${number}-abc`
) as [string, string, string, string]; // of a list of four
const ROLLBACK = rollbackSteps(TARGET, "");

/** A test over clouds of its own, in which that many good deployments were done. */
function inCloud(name: string, deployments: number, use: Use): void {
  test(name, () =>
    withCloudPrograms(TARGET, async (programs) => {
      for (let number = 0; number < deployments; number++) asDeployed(programs.state);
      await use(programs);
    }));
}

inCloud("a first deployment stops without a secret, then goes to its end", 0, async (programs) => {
  const { state, calls } = programs;
  state.secrets["pseudonym-keys"] = 0;
  const { said } = await stopped(programs);
  assert.ok(said.some((line) => line.includes("gcloud secrets versions add tintype-preview-NAME")));
  state.secrets["pseudonym-keys"] = 1;
  await deployed(programs);
  assert.deepEqual(trafficOf(state), { shares: { [FIRST]: 100 }, previous: [], canary: [] });
  assert.equal(workerOf(state), FIRST);
  const order = [
    "npx deno task test",
    "terraform -chdir=infra/terraform apply -input=false -auto-approve",
    "docker buildx build",
    "--format [{{json .Provenance}}",
    `plan -input=false -var-file=preview.tfvars -var processor_digest=sha256:0`,
    "terraform -chdir=infra/terraform apply -input=false deploy.plan",
    `update-traffic ${TARGET.keeper}`,
    "gcloud scheduler jobs run tintype-preview-days",
    "gcloud storage objects describe gs://tintype-preview-config/days.json",
    `update-traffic ${TARGET.service}`,
    "npx wrangler deploy",
    "npx deno task upload",
  ];
  const places = order.map((text) => calls.findLastIndex((call) => call.includes(text)));
  assert.ok(!places.includes(-1), order[places.indexOf(-1)]);
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

inCloud("without customers' traffic synthetic images judge", 1, async (programs) => {
  await deployed(programs);
  const { state, calls } = programs;
  assert.deepEqual(movesIn(calls), [`${FIRST}=100`, `${SECOND}=5,${FIRST}=95`, `${SECOND}=100`]);
  assert.equal(calls.filter((call) => call.startsWith("gcloud pubsub topics publish")).length, 24);
  assert.deepEqual(trafficOf(state), { shares: { [SECOND]: 100 }, previous: [FIRST], canary: [] });
  assert.deepEqual(sharesOf(state), [["1", "99"], ["25", "75"], ["100"]]);
  assert.equal(workerOf(state), SECOND);
  assert.ok(calls.includes("npx wrangler triggers deploy --env preview"));
  const other = emptyCloud(TARGET.service, TARGET.keeper);
  asDeployed(other);
  asDeployed(other);
  assert.deepEqual([other.service, other.keeper], [state.service, state.keeper]);
});

inCloud(
  "the processor's image alone is built with the pipeline's package, whose columns are looked for",
  1,
  async (programs) => {
    const { plan } = deploymentSteps({ ...TARGET, pipeline: "../faces" }, OPTIONS);
    const { done, errors } = await programs.run(plan);
    assert.ok(done, errors);
    assert.ok(programs.calls.includes("npx deno task columns ../faces --dry-run"));
    const builds = programs.calls.filter((call) => call.startsWith("docker buildx build"));
    const folders = builds.map((call) =>
      /--file (\S+).*--build-context (\S+)/.exec(call)?.slice(1)
    );
    assert.deepEqual(folders, [["processor/Dockerfile", "pipeline=../faces"], undefined]);
  },
);

for (
  const [step, half, failing, builds] of [
    ["the build", "plan", "docker buildx build", 3],
    ["what comes after the push", "plan", "--format [{{json .Provenance}}", 2],
    ["the apply", "apply", "apply -input=false deploy.plan", 0],
    ["the canary", "apply", "pubsub topics publish", 0],
    ["the worker's steps", "apply", "wrangler versions deploy", 0],
  ] as const
) {
  inCloud(`a deployment that stops at ${step} goes on there`, 1, async (programs) => {
    const { state, calls } = programs;
    programs.failing = failing;
    await stopped(programs, half);
    programs.failing = undefined;
    if (step === "the worker's steps") state.next = "none";
    await deployed(programs, half);
    const count = (text: string) => calls.filter((call) => call.includes(text)).length;
    assert.equal(count("deno task test"), half === "plan" ? 1 : 0);
    assert.equal(count("docker buildx build"), builds);
    assert.equal(trafficOf(state).shares[newestOf(state)], 100);
    assert.equal(workerOf(state), newestOf(state));
  });
}

for (
  const [next, why] of [
    ["refuses", /goes back: it refuses \d\d\.\d % of its deliveries with 5xx/],
    ["rejects", /goes back: it ends 100\.0 % of its images as corrupt, the stable one 0\.0 %/],
    ["slow", /goes back: it takes 3200 ms at the median, the stable one 800 ms/],
    ["failing", /Revision '.*' is not ready and cannot serve traffic/],
  ] as const
) {
  inCloud(`a bad revision (${next}) gets no customer's image`, 2, async (programs) => {
    const { state } = programs;
    const before = structuredClone({ traffic: trafficOf(state), worker: state.worker });
    state.next = next;
    const { errors, output, said } = await stopped(programs, "apply");
    assert.match(errors + output, why);
    assert.deepEqual({ traffic: trafficOf(state), worker: state.worker }, before);
    assert.ok(!movesIn(programs.calls).some((move) => move.includes(`${THIRD}=`)));
    const undo = said.slice(said.findIndex((line) => line.includes("To take back")) + 1);
    assert.doesNotMatch(undo.join("\n"), new RegExp(`--to-latest|NEWEST|\\$|${THIRD}`));
  });
}

inCloud("after two bad revisions a rollback goes to the good one", 2, async (programs) => {
  const { state } = programs;
  for (const next of ["rejects", "refuses"] as const) {
    state.next = next;
    await stopped(programs, "apply");
  }
  assert.deepEqual(trafficOf(state), { shares: { [SECOND]: 100 }, previous: [FIRST], canary: [] });
  state.next = "good";
  await deployed(programs, "apply");
  assert.deepEqual(trafficOf(state), { shares: { [FIFTH]: 100 }, previous: [SECOND], canary: [] });
  await rolledBack(programs);
  assert.deepEqual(trafficOf(state).shares, { [SECOND]: 100 });
  assert.equal(workerOf(state), SECOND);
  const before = structuredClone({ service: state.service, worker: state.worker });
  const { done, errors, said } = await programs.run(ROLLBACK);
  assert.equal(done, false);
  assert.match(errors, new RegExp(`${SECOND} has the tag "previous" and all traffic already`));
  assert.deepEqual({ service: state.service, worker: state.worker }, before);
  const lists = /Revisions for --revision: (gcloud .*?) ;/.exec(said.join("\n"))?.[1] ?? "";
  const step = { name: "", needs: "", changes: "", commands: [lists], undo: "" };
  assert.ok((await programs.run([step])).done, lists);
});

inCloud("many images end the share early", 1, async (programs) => {
  programs.state.customers = 4_000;
  assert.match((await deployed(programs, "apply")).output, /is as good after 200 images/);
});

inCloud("a worker that fails goes back at 1 %", 1, async (programs) => {
  const { state } = programs;
  state.worker.nextIsBroken = true;
  const { errors } = await stopped(programs, "apply");
  assert.match(errors, /goes back at 1 %: POST \/v1\/images returns 500/);
  assert.deepEqual(sharesOf(state), [["1", "99"], ["100"]]);
  assert.equal(workerOf(state), FIRST);
  assert.deepEqual(trafficOf(state).shares, { [SECOND]: 100 });
});

inCloud("a rotated secret gets its tag by the same commit", 2, async (programs) => {
  const { state } = programs;
  putSecret(state.worker);
  state.secrets["pseudonym-keys"] = 2;
  state.next = "none";
  await deployed(programs);
  const rotated = state.worker.versions.at(-1);
  assert.deepEqual([rotated?.tag, workerOf(state)], [SECOND, SECOND]);
  assert.deepEqual(trafficOf(state), { shares: { [SECOND]: 100 }, previous: [FIRST], canary: [] });
  await rolledBack(programs, SECOND);
  assert.deepEqual(state.worker.deployments.at(-1), { [rotated?.id ?? ""]: 100 });
});

for (
  const [what, half, spoil, why] of [
    ["a live table lacks a column", "plan", ({ state }) => {
      state.missingColumns.push("content_key");
    }, /Records do not fit the table images: content_key is missing/],
    ["the traffic cannot be seen", "apply", ({ state }) => {
      state.denied.push("run.services.list");
    }, /PERMISSION_DENIED/],
    ["the registry cannot be read", "plan", ({ state }) => {
      state.denied.push("artifactregistry.repositories.downloadArtifacts");
    }, /PERMISSION_DENIED/],
    ["the plan is stale", "apply", ({ state }) => {
      state.terraform.serial++;
    }, /Saved plan is stale/],
    ["the keeper makes no days", "apply", (programs) => {
      programs.failing = "objects describe";
    }, /^$/],
  ] as const satisfies [string, Half, (programs: CloudPrograms) => void, RegExp][]
) {
  inCloud(`nothing that serves changes where ${what}`, 1, async (programs) => {
    const { state, calls } = programs;
    const before = structuredClone({ service: trafficOf(state), worker: state.worker });
    state.terraform.plan = state.terraform.serial;
    spoil(programs);
    const { done, errors } = await programs.run(stepsOf(programs, half));
    assert.equal(done, false);
    assert.match(errors, why);
    assert.deepEqual({ service: trafficOf(state), worker: state.worker }, before);
    assert.ok(!calls.some((call) => call.includes("docker buildx build")));
  });
}

inCloud("a plain rollback does not go forward from a named one", 3, async (programs) => {
  const { state } = programs;
  await rolledBack(programs, FIRST);
  assert.deepEqual([trafficOf(state).shares, workerOf(state)], [{ [FIRST]: 100 }, FIRST]);
  assert.equal((await programs.run(ROLLBACK)).done, false);
  assert.deepEqual(trafficOf(state).shares, { [FIRST]: 100 });
});

inCloud("a rollback without its revision or its worker moves nothing", 1, async (programs) => {
  const { state } = programs;
  const first = await programs.run(ROLLBACK);
  assert.match(first.errors, /no revision has the tag "previous"\. Name one with --revision/);
  asDeployed(state);
  delete state.worker.versions[1]?.tag;
  const before = structuredClone({ service: state.service, worker: state.worker });
  const second = await programs.run(ROLLBACK);
  assert.match(second.errors, new RegExp(`Cannot find the worker's version for ${FIRST}`));
  assert.deepEqual([first.done, second.done], [false, false]);
  assert.deepEqual({ service: state.service, worker: state.worker }, before);
});

function stepsOf({ edgeUrl }: CloudPrograms, half?: Half) {
  const { plan, apply } = deploymentSteps({ ...TARGET, edgeUrl }, OPTIONS);
  return half === undefined ? [...plan, ...apply] : { plan, apply }[half];
}

async function runOf(programs: CloudPrograms, half?: Half) {
  const { terraform } = programs.state;
  if (half === "apply") terraform.plan = terraform.serial;
  return await programs.run(stepsOf(programs, half));
}

async function deployed(programs: CloudPrograms, half?: Half) {
  const result = await runOf(programs, half);
  assert.ok(result.done, [...result.said, result.errors].join("\n"));
  return result;
}

async function stopped(programs: CloudPrograms, half?: Half) {
  const result = await runOf(programs, half);
  assert.equal(result.done, false);
  return result;
}

async function rolledBack(programs: CloudPrograms, revision = ""): Promise<void> {
  const { done, errors } = await programs.run(rollbackSteps(TARGET, revision));
  assert.ok(done, errors);
}

/** Leaves the clouds as one good deployment does; a test compares. */
function asDeployed({ service, keeper, worker, registry }: CloudState): void {
  const previous = service.traffic[0]?.revisionName;
  const revisionName = addRevision(service, { ready: true, behaviour: "good" });
  service.traffic = [{ revisionName, percent: 100 }];
  if (previous !== undefined) {
    service.traffic.push({ revisionName: previous, tag: "previous" });
  }
  const kept = addRevision(keeper, { ready: true });
  keeper.traffic = [{ revisionName: kept, percent: 100 }];
  worker.deployments.push({ [addVersion(worker, revisionName).id]: 100 });
  worker.isMigrated = registry.exists = true;
}

/** Shares by revision, and the revisions that have the tags. */
function trafficOf({ service: { traffic } }: CloudState) {
  const shares = traffic.flatMap(({ revisionName = "LATEST", percent }) =>
    percent === undefined ? [] : [[revisionName, percent]]
  );
  const tagged = (name: string) =>
    traffic.filter(({ tag }) => tag === name).map(({ revisionName }) => revisionName);
  const tags = { previous: tagged("previous"), canary: tagged("canary") };
  return { shares: Object.fromEntries(shares), ...tags };
}

function newestOf({ service }: CloudState): string {
  return service.revisions.at(-1)?.name ?? "";
}

/** The revision that the version of the worker with all traffic was deployed with. */
function workerOf({ worker }: CloudState): string | undefined {
  const shares = worker.deployments.at(-1) ?? {};
  return worker.versions.find(({ id }) => shares[id] === 100)?.tag;
}

/** Shares of the worker's deployments after the first two. */
function sharesOf({ worker: { deployments } }: CloudState): string[][] {
  return deployments.slice(2).map((shares) => Object.values(shares).map(String));
}

/** What each call moved the processor's traffic to. */
function movesIn(calls: readonly string[]): string[] {
  return calls.filter((call) => call.includes(` ${TARGET.service} `)).flatMap((call) => {
    const move = /--to-revisions (\S+)|(--to-latest)/.exec(call);
    return move === null ? [] : [move[1] ?? move[2] ?? ""];
  });
}
