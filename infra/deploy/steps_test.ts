import assert from "node:assert/strict";
import { test } from "node:test";
import { rollbackSteps } from "./rollback_steps.ts";
import { deploymentSteps } from "./steps.ts";
import { readTarget, type Target } from "./target.ts";
import type { CloudState } from "./testing/cloud_state.ts";
import { DIGEST } from "./testing/cloud_programs.ts";
import { type CloudPrograms, withCloudPrograms } from "./testing/with_cloud_programs.ts";
import { addVersion } from "./testing/wrangler.ts";

const TARGET: Target = readTarget("preview", {
  edgeUrl: "https://edge.example.com",
  commit: "abc",
});
/** The canary judges at once. */
const STEPS = deploymentSteps(TARGET, { canaryPercent: 5, canaryMinutes: 0 });
const ROLLBACK = rollbackSteps(TARGET, "");
const [FIRST, SECOND, THIRD] = [revision(1), revision(2), revision(3)];
const BAD = { images: "1000", failed: "500", p95_ms: "800" };

function revision(number: number): string {
  return `${TARGET.service}-0000${number}-abc`;
}

function keeperRevision(number: number): string {
  return `${TARGET.keeper}-0000${number}-abc`;
}

/** A test over clouds of its own, in which nothing was deployed. */
function testInCloud(name: string, use: (programs: CloudPrograms) => Promise<void>): void {
  test(name, () => withCloudPrograms(TARGET, use));
}

async function deployGood({ run }: CloudPrograms): Promise<void> {
  const { done, said, errors } = await run(STEPS);
  assert.ok(done, [...said, errors].join("\n"));
}

/** Leaves the clouds as that many good deployments do; the second test compares. */
function asDeployed({ state: { service, keeper, worker } }: CloudPrograms, times: number): void {
  for (let number = 1; number <= times; number++) {
    const tag = { revisionName: revision(number - 1), tag: "previous" };
    service.revisions.push({ name: revision(number), ready: true });
    keeper.revisions.push({ name: keeperRevision(number), ready: true });
    keeper.traffic = [{ revisionName: keeperRevision(number), percent: 100 }];
    service.traffic = [{ revisionName: revision(number), percent: 100 }];
    if (number > 1) service.traffic.push(tag);
    addVersion(worker, { tag: revision(number) });
  }
}

/** Deploys a revision that fails half of its images. */
async function deployRefused({ run, state }: CloudPrograms) {
  state.figures[revision(state.service.revisions.length + 1)] = BAD;
  const result = await run(STEPS);
  assert.equal(result.done, false);
  return result;
}

/** Shares by revision, and the revision that a rollback goes back to. */
function trafficOf({ service: { traffic } }: CloudState) {
  const shares = traffic.flatMap(({ revisionName = "LATEST", percent }) =>
    percent === undefined ? [] : [[revisionName, percent]]
  );
  const previous = traffic.filter(({ tag }) => tag === "previous")
    .map(({ revisionName }) => revisionName);
  return { shares: Object.fromEntries(shares), previous };
}

/** The revision that the running version of the worker was deployed with. */
function workerOf({ worker }: CloudState): string | undefined {
  return worker.versions.find(({ id }) => id === worker.deployments.at(-1))?.tag;
}

/** What a canary that does well moves the traffic to. */
function movesOfCanary(stable: string, newest: string): string[] {
  return [`${stable}=100`, `${newest}=5,${stable}=95`, `${newest}=100`];
}

/** What each call moved a service's traffic to. */
function movesIn(calls: readonly string[], service = TARGET.service): string[] {
  return calls.filter((call) => call.includes(` ${service} `)).flatMap((call) => {
    const move = /--to-revisions (\S+)|(--to-latest)/.exec(call);
    return move === null ? [] : [move[1] ?? move[2] ?? ""];
  });
}

testInCloud(
  "the first deployment holds nothing, gives its revision everything and records none before it",
  async (programs) => {
    await deployGood(programs);
    const { calls } = programs;
    const planned = calls.find((call) => /^terraform .* plan /.test(call)) ?? "";
    assert.match(planned, new RegExp(`processor_digest=${DIGEST} -var bridge_digest=${DIGEST}`));
    assert.deepEqual(movesIn(calls), [`${FIRST}=100`]);
    assert.deepEqual(trafficOf(programs.state), { shares: { [FIRST]: 100 }, previous: [] });
    assert.equal(workerOf(programs.state), FIRST);
  },
);

testInCloud(
  "a good deployment gives a share, then everything, and records the revision before",
  async (programs) => {
    await deployGood(programs);
    programs.calls.length = 0;
    await deployGood(programs);
    assert.deepEqual(movesIn(programs.calls), movesOfCanary(FIRST, SECOND));
    assert.deepEqual(trafficOf(programs.state), { shares: { [SECOND]: 100 }, previous: [FIRST] });
    const { service, keeper, worker } = structuredClone(programs.state);
    await withCloudPrograms(TARGET, async (others) => {
      asDeployed(others, 2);
      const { state } = others;
      assert.deepEqual([state.service, state.keeper, state.worker], [service, keeper, worker]);
    });
  },
);

testInCloud(
  "a refused revision gets no traffic from the deployment after it, nor from a rollback of that",
  async (programs) => {
    asDeployed(programs, 1);
    await deployRefused(programs);
    assert.deepEqual(trafficOf(programs.state), { shares: { [FIRST]: 100 }, previous: [] });
    programs.calls.length = 0;
    await deployGood(programs);
    assert.deepEqual(movesIn(programs.calls), movesOfCanary(FIRST, THIRD));
    assert.deepEqual(trafficOf(programs.state), { shares: { [THIRD]: 100 }, previous: [FIRST] });
    assert.ok((await programs.run(ROLLBACK)).done);
    assert.deepEqual(trafficOf(programs.state).shares, { [FIRST]: 100 });
    assert.equal(workerOf(programs.state), FIRST);
  },
);

testInCloud(
  "a deployment after an interrupted canary holds the traffic on the revision with the larger share",
  async (programs) => {
    asDeployed(programs, 2);
    programs.state.service.traffic = [
      { revisionName: SECOND, percent: 5 },
      { revisionName: FIRST, percent: 95 },
    ];
    await deployGood(programs);
    assert.deepEqual(movesIn(programs.calls), movesOfCanary(FIRST, THIRD));
  },
);

testInCloud(
  "a deployment after a first revision that never started holds nothing",
  async (programs) => {
    programs.state.nextRevision = "failing";
    assert.equal((await programs.run(STEPS)).done, false);
    programs.state.nextRevision = "ready";
    await deployGood(programs);
    assert.deepEqual(trafficOf(programs.state), { shares: { [SECOND]: 100 }, previous: [] });
  },
);

testInCloud("a deployment without a new revision keeps the recorded one", async (programs) => {
  asDeployed(programs, 2);
  programs.state.nextRevision = "none";
  await deployGood(programs);
  assert.deepEqual(trafficOf(programs.state), { shares: { [SECOND]: 100 }, previous: [FIRST] });
});

testInCloud(
  "the keeper is held, then gets all traffic and makes the days before the edge changes",
  async (programs) => {
    asDeployed(programs, 1);
    await deployGood(programs);
    const { calls, state } = programs;
    const [first, second] = [keeperRevision(1), keeperRevision(2)];
    assert.deepEqual(movesIn(calls, TARGET.keeper), [`${first}=100`, `${second}=100`]);
    assert.deepEqual(state.keeper.traffic, [{ revisionName: second, percent: 100 }]);
    const order = [
      "terraform -chdir=infra/terraform apply -input=false deploy.plan",
      "bq show --project_id=example-tintype-preview --schema",
      `update-traffic ${TARGET.keeper} --region europe-west4 --project example-tintype-preview --to-revisions ${second}=100`,
      "gcloud scheduler jobs run tintype-preview-days --location europe-west4",
      `revision_name="${second}" AND jsonPayload.event="job" AND jsonPayload.job="days"`,
      "gcloud storage objects describe gs://tintype-preview-config/days.json",
      "npx wrangler deploy",
    ].map((text) => calls.findIndex((call) => call.includes(text)));
    assert.ok(!order.includes(-1), String(order));
    assert.deepEqual(order, order.toSorted((a, b) => a - b));
  },
);

testInCloud(
  "a deployment whose records do not fit the live table stops before any traffic moves",
  async (programs) => {
    asDeployed(programs, 1);
    const before = structuredClone(programs.state);
    programs.state.missingColumns.push("content_key");
    const { done, errors } = await programs.run(STEPS);
    assert.equal(done, false);
    assert.match(errors, /Records do not fit the table images: content_key is missing/);
    assert.deepEqual(trafficOf(programs.state), trafficOf(before));
    assert.deepEqual(programs.state.keeper.traffic, before.keeper.traffic);
    assert.ok(!programs.calls.some((call) => call.includes("wrangler deploy")));
  },
);

testInCloud(
  "a keeper that makes no days ends the deployment before the edge changes, and goes back",
  async (programs) => {
    asDeployed(programs, 1);
    programs.failing = "objects describe";
    const { done, said } = await programs.run(STEPS);
    assert.equal(done, false);
    assert.ok(
      said.some((line) =>
        line.endsWith(`loses its day's images.`) && line.includes(`"${keeperRevision(1)}=100"`)
      ),
    );
    assert.ok(!programs.calls.some((call) => call.includes("wrangler deploy")));
  },
);

testInCloud(
  "a deployment that may not see the traffic stops before Terraform",
  async (programs) => {
    asDeployed(programs, 1);
    const before = structuredClone(programs.state.service);
    programs.state.denied.push("run.services.list", "run.services.get");
    const { done, errors } = await programs.run(STEPS);
    assert.equal(done, false);
    assert.match(errors, /PERMISSION_DENIED/);
    assert.ok(!programs.calls.some((call) => call.endsWith("deploy.plan")));
    assert.deepEqual(programs.state.service, before);
  },
);

testInCloud(
  "a step that fails says how to take back what was done, the last first, and never by a refused revision",
  async (programs) => {
    asDeployed(programs, 1);
    await deployRefused(programs);
    programs.failing = "task upload";
    const { done, said } = await programs.run(STEPS);
    assert.equal(done, false);
    assert.ok(said.some((line) => line.startsWith("Cannot go on as this ended with 3")));
    const rollbacks = said.slice(said.findIndex((line) => line.startsWith("To take back")) + 1);
    assert.match(rollbacks[0] ?? "", /^ {2}End to end/);
    assert.match(rollbacks[1] ?? "", new RegExp(`--rollback --revision "${FIRST}"$`));
    assert.match(rollbacks.at(-1) ?? "", /^ {2}Check the tree: Nothing/);
    assert.doesNotMatch(rollbacks.join("\n"), new RegExp(`--to-latest|NEWEST|\\$|${SECOND}`));
    assert.deepEqual(trafficOf(programs.state).shares, { [FIRST]: 100 });
  },
);

testInCloud(
  "Terraform that fails ends the deployment before the worker changes",
  async (programs) => {
    programs.failing = "apply -input=false deploy.plan";
    const { done, said } = await programs.run(STEPS);
    assert.equal(done, false);
    assert.ok(said.some((line) => line.startsWith("  Apply Terraform: git checkout")));
    assert.ok(!programs.calls.some((call) => call.includes("wrangler deploy")));
  },
);

testInCloud(
  "a rollback after a good deployment brings the revision before back, and its worker",
  async (programs) => {
    asDeployed(programs, 2);
    // A new secret makes a version of the worker that no deployment of ours made.
    addVersion(programs.state.worker, {});
    const { done, errors } = await programs.run(ROLLBACK);
    assert.ok(done, errors);
    assert.deepEqual(trafficOf(programs.state).shares, { [FIRST]: 100 });
    assert.equal(workerOf(programs.state), FIRST);
  },
);

testInCloud(
  "what a refused deployment prints brings the worker back, and the recorded revision stays",
  async (programs) => {
    asDeployed(programs, 2);
    const { said } = await deployRefused(programs);
    assert.equal(workerOf(programs.state), THIRD);
    const printed = /Canary: .* --rollback --revision "(.*)"/.exec(said.join("\n"))?.[1] ?? "";
    assert.equal(printed, SECOND);
    assert.ok((await programs.run(rollbackSteps(TARGET, printed))).done);
    assert.deepEqual(trafficOf(programs.state), { shares: { [SECOND]: 100 }, previous: [FIRST] });
    assert.equal(workerOf(programs.state), SECOND);
  },
);

testInCloud(
  "a second rollback stops before anything moves and says how to name a revision",
  async (programs) => {
    asDeployed(programs, 3);
    assert.ok((await programs.run(ROLLBACK)).done);
    const { service, worker } = structuredClone(programs.state);
    const { done, said, errors } = await programs.run(ROLLBACK);
    assert.equal(done, false);
    assert.match(errors, new RegExp(`${SECOND} has the tag "previous" and all traffic already`));
    assert.match(errors, /Name one with --revision/);
    assert.deepEqual([programs.state.service, programs.state.worker], [service, worker]);
    const lists = /Revisions for --revision: (gcloud .*?) ;/.exec(said.join("\n"))?.[1] ?? "";
    const listing = { name: "List", commands: [lists], rollback: "" };
    assert.ok((await programs.run([listing])).done, lists);
  },
);

testInCloud(
  "a rollback to a named revision brings its worker back, and a plain one does not go forward from it",
  async (programs) => {
    asDeployed(programs, 3);
    assert.ok((await programs.run(rollbackSteps(TARGET, FIRST))).done);
    assert.deepEqual(trafficOf(programs.state).shares, { [FIRST]: 100 });
    assert.equal(workerOf(programs.state), FIRST);
    assert.equal((await programs.run(ROLLBACK)).done, false);
    assert.deepEqual(trafficOf(programs.state).shares, { [FIRST]: 100 });
  },
);

testInCloud(
  "a rollback without a recorded revision or without its worker moves nothing",
  async (programs) => {
    asDeployed(programs, 1);
    const first = await programs.run(ROLLBACK);
    assert.match(first.errors, /no revision has the tag "previous"\. Name one with --revision/);
    await deployGood(programs);
    delete programs.state.worker.versions[0]?.tag;
    const { service, worker } = structuredClone(programs.state);
    const second = await programs.run(ROLLBACK);
    assert.match(second.errors, new RegExp(`Cannot find the worker's version for ${FIRST}`));
    assert.deepEqual([first.done, second.done], [false, false]);
    assert.deepEqual([programs.state.service, programs.state.worker], [service, worker]);
  },
);
