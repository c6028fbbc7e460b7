import assert from "node:assert/strict";
import { test } from "node:test";
import { play } from "./cloud_programs.ts";
import { type CloudState, emptyCloud, putSecret, Refusal } from "./cloud_state.ts";

const WHERE = "--region europe-west4 --project=p";
const UPDATE = `gcloud run services update-traffic s ${WHERE}`;
const LOOK = "docker buildx imagetools inspect l-docker.pkg.dev/p/r/processor:1";
const BUILD = "docker buildx build --push --tag r/processor:1 .";

/** Two revisions that are ready and one that is not; the second has all traffic. */
function cloud(): CloudState {
  const state = emptyCloud("s", "s-keeper");
  for (const next of ["good", "good", "failing"] as const) {
    state.next = next;
    run(state, "terraform -chdir=infra/terraform plan -input=false -out=deploy.plan");
    const apply = () => run(state, "terraform -chdir=infra/terraform apply deploy.plan");
    if (next === "good") apply();
    else assert.throws(apply, Refusal);
  }
  run(state, `${UPDATE} --to-revisions=s-00002-abc=100`);
  return state;
}

function run(state: CloudState, line: string): string {
  return play(state, line.split(" "));
}

for (
  const [line, message] of [
    [`gcloud run services rollback s ${WHERE}`, /Invalid choice: gcloud run services rollback/],
    [`gcloud run services list --service s ${WHERE}`, /unrecognized arguments/],
    [`gcloud run services describe t --format=json ${WHERE}`, /Cannot find service \[t\]/],
    [UPDATE, /No traffic configuration change requested/],
    [`${UPDATE} --to-latest`, /unrecognized arguments/],
    [`${UPDATE} --to-revisions=s-00001-abc=70,s-00002-abc=40`, /Over 100% of traffic/],
    [`${UPDATE} --to-revisions=s-00001-abc=70,s-00002-abc=20`, /100% of traffic has not/],
    [`${UPDATE} --to-revisions=s-00003-abc=100`, /'s-00003-abc' is not ready/],
    [`${UPDATE} --to-revisions==100`, /Bad syntax for dict arg/],
    [`${UPDATE} --update-tags=previous=s-00004-abc`, /'s-00004-abc' is not found/],
    [`${UPDATE} --update-tags=${"a".repeat(46)}=s-00001-abc`, /together are too long/],
    ["terraform -chdir=infra/terraform apply deploy.plan", /Saved plan is stale/],
    [`${LOOK} --format {{.Manifest.Digest}}`, /:1: not found/],
    [`${BUILD} --builder=tintype`, /no builder "tintype" found/],
    [`${BUILD} --provenance=mode=max`, /Attestation is not supported for the docker driver/],
    [`${BUILD} --attach`, /unrecognized arguments/],
    ["npx wrangler versions upload --tag one", /migrations must be fully applied/],
    ["npx wrangler versions deploy none@100% --yes", /Could not find Worker Version none/],
    ["npx wrangler rollback", /Invalid choice/],
    ["gcloud logging read x --project p", /the default log bucket is empty/],
  ] as const
) {
  test(`the fakes refuse: ${line.slice(0, 90)}`, () => {
    const state = cloud();
    assert.throws(() => run(state, line), message);
    assert.deepEqual(state, cloud());
  });
}

test("the fake gcloud keeps tags beside shares, as gcloud writes them", () => {
  const state = cloud();
  const first = { revisionName: "s-00001-abc" };
  const second = { revisionName: "s-00002-abc" };
  const changes = [
    ["--to-revisions=s-00002-abc=100 --update-tags=a=s-00001-abc", [
      { ...second, percent: 100 },
      { ...first, tag: "a" },
    ]],
    ["--to-revisions s-00001-abc=5,s-00002-abc=95", [
      { ...first, percent: 5 },
      { ...second, percent: 95 },
      { ...first, tag: "a" },
    ]],
    ["--update-tags=b=s-00002-abc --remove-tags=a", [
      { ...first, percent: 5 },
      { ...second, percent: 95 },
      { ...second, tag: "b" },
    ]],
  ] as const;
  for (const [flags, traffic] of changes) {
    run(state, `${UPDATE} ${flags}`);
    assert.deepEqual(state.service.traffic, traffic);
  }
});

test("the fake registry takes a tag once, and each build has another digest", () => {
  const state = cloud();
  run(state, "docker buildx create --name tintype --driver docker-container");
  run(state, `${BUILD} --builder tintype`);
  assert.throws(() => run(state, `${BUILD} --builder tintype`), /tag immutability/);
  run(state, `${BUILD.replace(":1", ":2")} --builder tintype`);
  assert.equal(new Set(Object.values(state.registry.tags)).size, 2);
});

test("the fake worker has a version more after a secret, and two share the traffic", () => {
  const state = cloud();
  run(state, "npx wrangler deploy --tag one");
  putSecret(state.worker);
  run(state, "npx wrangler versions upload --tag two");
  const [, one, secret, two] = state.worker.versions;
  const tags = state.worker.versions.map(({ tag }) => tag);
  assert.deepEqual(tags, [undefined, "one", undefined, "two"]);
  assert.deepEqual(state.worker.deployments.at(-1), { [secret?.id ?? ""]: 100 });
  run(state, `npx wrangler versions deploy ${two?.id}@1% ${one?.id}@99% --yes`);
  const status = JSON.parse(run(state, "npx wrangler deployments status --json"));
  assert.equal(status.versions.length, 2);
});
