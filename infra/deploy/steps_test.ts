import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rollbackSteps } from "./rollback_steps.ts";
import { deploymentSteps } from "./steps.ts";
import { readTarget, type Target } from "./target.ts";
import { addRevision } from "./testing/cloud_programs.ts";
import { addVersion, type CloudState, putSecret } from "./testing/cloud_state.ts";
import { type CloudPrograms, withCloudPrograms } from "./testing/with_cloud_programs.ts";

const TARGET: Target = readTarget("preview", { edgeUrl: "", commit: "abc" });
/** Every share is judged at once. */
const OPTIONS = { isTested: false, percent: 5, images: 100, minutes: 0, restSeconds: 0 };
const [FIRST, SECOND, THIRD, FIFTH] = [1, 2, 3, 5].map((number) =>
  `${TARGET.service}-0000${number}-abc`
) as [string, string, string, string]; // of a list of four
const ROLLBACK = rollbackSteps(TARGET, "");

/** Tests wait for programs most of the time. */
describe("a deployment", { concurrency: 2 }, () => {
  /** A test over clouds of its own, in which that many good deployments were done. */
  function inCloud(
    name: string,
    deployments: number,
    use: (programs: CloudPrograms) => Promise<void>,
  ): void {
    test(name, () =>
      withCloudPrograms(TARGET, async (programs) => {
        for (let number = 0; number < deployments; number++) asDeployed(programs.state);
        await use(programs);
      }));
  }

  inCloud(
    "into an empty project stops where a secret has no value, and then goes to its end",
    0,
    async (programs) => {
      const { state, calls } = programs;
      state.secrets["pseudonym-keys"] = 0;
      const { said } = await stopped(programs);
      assert.ok(
        said.some((line) => line.includes("gcloud secrets versions add tintype-preview-NAME")),
      );
      state.secrets["pseudonym-keys"] = 1;
      await deployed(programs);
      assert.deepEqual(trafficOf(state), { shares: { [FIRST]: 100 }, previous: [], canary: [] });
      assert.equal(workerOf(state), FIRST);
      inOrder(calls, [
        "npx deno task test",
        "terraform -chdir=infra/terraform apply -input=false -auto-approve",
        "docker buildx build",
        "--format [{{json .Provenance}}",
        "terraform -chdir=infra/terraform plan",
        "terraform -chdir=infra/terraform apply -input=false deploy.plan",
        `update-traffic ${TARGET.keeper}`,
        "gcloud scheduler jobs run tintype-preview-days",
        "gcloud storage objects describe gs://tintype-preview-config/days.json",
        "gcloud storage cp - ",
        `update-traffic ${TARGET.service}`,
        "npx wrangler deploy",
        "npx deno task upload",
      ]);
      const planned = calls.find((call) => call.includes("terraform plan ")) ?? "";
      for (const digest of Object.values(state.registry.tags)) assert.ok(planned.includes(digest));
    },
  );

  inCloud(
    "without traffic of customers goes by synthetic images, and the worker in steps",
    1,
    async (programs) => {
      await deployed(programs);
      const { state, calls } = programs;
      assert.deepEqual(movesIn(calls), [
        `${FIRST}=100`,
        `${SECOND}=5,${FIRST}=95`,
        `${SECOND}=100`,
      ]);
      assert.equal(
        calls.filter((call) => call.startsWith("gcloud pubsub topics publish")).length,
        24,
      );
      assert.deepEqual(trafficOf(state), {
        shares: { [SECOND]: 100 },
        previous: [FIRST],
        canary: [],
      });
      assert.deepEqual(sharesOf(state), [["1", "99"], ["25", "75"], ["100"]]);
      assert.equal(workerOf(state), SECOND);
      await withCloudPrograms(TARGET, async (others) => {
        asDeployed(others.state);
        asDeployed(others.state);
        assert.deepEqual(others.state.service, state.service);
        assert.deepEqual(others.state.keeper, state.keeper);
      });
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
    inCloud(
      `that stops at ${step} goes on there, without the suite and without a second push`,
      1,
      async (programs) => {
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
      },
    );
  }

  for (
    const [next, why] of [
      ["refuses", /goes back: it refuses \d\d\.\d % of its deliveries with 5xx/],
      ["rejects", /goes back: it ends 100\.0 % of its images as corrupt, the stable one 0\.0 %/],
      ["slow", /goes back: it takes 3200 ms at the median, the stable one 800 ms/],
      ["failing", /Revision '.*' is not ready and cannot serve traffic/],
    ] as const
  ) {
    inCloud(
      `of a revision that is bad (${next}) moves no traffic of customers, nor the worker`,
      2,
      async (programs) => {
        const { state } = programs;
        const before = structuredClone({ traffic: trafficOf(state), worker: state.worker });
        state.next = next;
        const { errors, output, said } = await stopped(programs, "apply");
        assert.match(errors + output, why);
        assert.deepEqual({ traffic: trafficOf(state), worker: state.worker }, before);
        assert.ok(!movesIn(programs.calls).some((move) => move.includes(`${THIRD}=`)));
        const undo = said.slice(said.findIndex((line) => line.includes("To take back")) + 1);
        assert.doesNotMatch(undo.join("\n"), new RegExp(`--to-latest|NEWEST|\\$|${THIRD}`));
      },
    );
  }

  inCloud(
    "after two bad ones holds the good one, and a rollback goes to the one before that",
    2,
    async (programs) => {
      const { state } = programs;
      for (const next of ["rejects", "refuses"] as const) {
        state.next = next;
        await stopped(programs, "apply");
      }
      assert.deepEqual(trafficOf(state), {
        shares: { [SECOND]: 100 },
        previous: [FIRST],
        canary: [],
      });
      state.next = "good";
      await deployed(programs, "apply");
      assert.deepEqual(trafficOf(state), {
        shares: { [FIFTH]: 100 },
        previous: [SECOND],
        canary: [],
      });
      await rolledBack(programs);
      assert.deepEqual(trafficOf(state).shares, { [SECOND]: 100 });
      assert.equal(workerOf(state), SECOND);
      const before = structuredClone({ service: state.service, worker: state.worker });
      const { done, errors, said } = await programs.run(ROLLBACK);
      assert.equal(done, false);
      assert.match(errors, new RegExp(`${SECOND} has the tag "previous" and all traffic already`));
      assert.deepEqual({ service: state.service, worker: state.worker }, before);
      const lists = /Revisions for --revision: (gcloud .*?) ;/.exec(said.join("\n"))?.[1] ?? "";
      assert.ok((await programs.run([lineStep(lists)])).done, lists);
    },
  );

  inCloud("ends the share early where many images came", 1, async (programs) => {
    programs.state.customers = 4_000;
    assert.match((await deployed(programs, "apply")).output, /is as good after 200 images/);
  });

  inCloud(
    "of a worker that fails goes back at 1 %, and the processor stays",
    1,
    async (programs) => {
      const { state } = programs;
      state.worker.nextIsBroken = true;
      const { errors } = await stopped(programs, "apply");
      assert.match(errors, /goes back at 1 %: POST \/v1\/images returns 500/);
      assert.deepEqual(sharesOf(state), [["1", "99"], ["100"]]);
      assert.equal(workerOf(state), FIRST);
      assert.deepEqual(trafficOf(state).shares, { [SECOND]: 100 });
    },
  );

  inCloud(
    "of the same commit brings a rotated secret, which a rollback to it keeps",
    2,
    async (programs) => {
      const { state } = programs;
      putSecret(state.worker);
      state.secrets["pseudonym-keys"] = 2;
      state.next = "none";
      await deployed(programs);
      const rotated = state.worker.versions.at(-1);
      assert.deepEqual([rotated?.tag, workerOf(state)], [SECOND, SECOND]);
      assert.deepEqual(trafficOf(state), {
        shares: { [SECOND]: 100 },
        previous: [FIRST],
        canary: [],
      });
      await rolledBack(programs, SECOND);
      assert.deepEqual(state.worker.deployments.at(-1), { [rotated?.id ?? ""]: 100 });
    },
  );

  inCloud(
    "holds the revision with the larger share where one was interrupted",
    2,
    async (programs) => {
      programs.state.service.traffic = [
        { revisionName: SECOND, percent: 5 },
        { revisionName: FIRST, percent: 95 },
      ];
      await deployed(programs, "apply");
      assert.deepEqual(movesIn(programs.calls), [
        ...[`${FIRST}=100`, `${THIRD}=5,${FIRST}=95`, `${THIRD}=100`],
      ]);
    },
  );

  for (
    const [what, half, spoil, why] of [
      ["a column is missing in a live table", "plan", ({ state }) => {
        state.missingColumns.push("content_key");
      }, /Records do not fit the table images: content_key is missing/],
      ["the traffic cannot be seen", "apply", ({ state }) => {
        state.denied.push("run.services.list");
      }, /PERMISSION_DENIED/],
      ["the registry cannot be read", "plan", ({ state }) => {
        state.denied.push("artifactregistry.repositories.downloadArtifacts");
      }, /PERMISSION_DENIED/],
      ["somebody changed what was planned", "apply", ({ state }) => {
        state.terraform.serial++;
      }, /Saved plan is stale/],
      ["the keeper makes no days", "apply", (programs) => {
        programs.failing = "objects describe";
      }, /^$/],
    ] as const satisfies [string, Half, (programs: CloudPrograms) => void, RegExp][]
  ) {
    inCloud(
      `stops before the processor's traffic and the worker change where ${what}`,
      1,
      async (programs) => {
        const { state } = programs;
        const before = structuredClone({ service: trafficOf(state), worker: state.worker });
        programs.state.terraform.plan = programs.state.terraform.serial;
        spoil(programs);
        const { done, errors } = await programs.run(stepsOf(programs, half));
        assert.equal(done, false);
        assert.match(errors, why);
        assert.deepEqual({ service: trafficOf(state), worker: state.worker }, before);
        assert.ok(!programs.calls.some((call) => call.includes("docker buildx build")));
      },
    );
  }

  inCloud(
    "back to a named revision brings its worker, and a plain rollback does not go forward from it",
    3,
    async (programs) => {
      const { state } = programs;
      await rolledBack(programs, FIRST);
      assert.deepEqual(trafficOf(state).shares, { [FIRST]: 100 });
      assert.equal(workerOf(state), FIRST);
      assert.equal((await programs.run(ROLLBACK)).done, false);
      assert.deepEqual(trafficOf(state).shares, { [FIRST]: 100 });
    },
  );

  inCloud(
    "back moves nothing where no revision is recorded, or its worker is not among the newest",
    1,
    async (programs) => {
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
    },
  );
});

type Half = "plan" | "apply";

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
  const [before] = service.traffic;
  const [name, kept] = [service, keeper].map((each) =>
    addRevision(each, { ready: true, ...each === service ? { behaviour: "good" } : {} })
  ) as [string, string]; // of a list of two
  service.traffic = [{ revisionName: name, percent: 100 }];
  keeper.traffic = [{ revisionName: kept, percent: 100 }];
  if (before !== undefined) {
    service.traffic.push({ revisionName: before.revisionName ?? "", tag: "previous" });
  }
  worker.deployments.push({ [addVersion(worker, name).id]: 100 });
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

/** Shares of the worker's deployments after the first ones of a test. */
function sharesOf({ worker: { deployments } }: CloudState): string[][] {
  return deployments.slice(2).map((shares) => Object.values(shares).map(String));
}

/** What each call moved a service's traffic to. */
function movesIn(calls: readonly string[], service = TARGET.service): string[] {
  return calls.filter((call) => call.includes(` ${service} `)).flatMap((call) => {
    const move = /--to-revisions (\S+)|(--to-latest)/.exec(call);
    return move === null ? [] : [move[1] ?? move[2] ?? ""];
  });
}

function inOrder(calls: readonly string[], texts: readonly string[]): void {
  let from = 0;
  for (const text of texts) {
    const at = calls.findIndex((call, index) => index >= from && call.includes(text));
    assert.notEqual(at, -1, `not after what is before it: ${text}`);
    from = at;
  }
}

function lineStep(line: string) {
  return { name: "Line", needs: "", changes: "", commands: [line], undo: "" };
}
