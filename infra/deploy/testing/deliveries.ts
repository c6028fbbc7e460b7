/** Images on their way through the fake clouds: who processes them, their rows, the log of requests. */
import { type CloudState, Refusal } from "./cloud_state.ts";
import type { FakeCall } from "./fake_call.ts";

/** Pictures that one call of `deno task upload` sends. */
const PICTURES = 8;

/** `npx deno task upload`: pictures of the tenant `synthetic`, processed by the revision that serves. */
export function uploadPictures(state: CloudState): string {
  const broken = state.worker.versions.filter(({ isBroken }) => isBroken).map(({ id }) => id);
  const shares = state.worker.deployments.at(-1) ?? {};
  if (broken.some((id) => (shares[id] ?? 0) > 50)) throw new Refusal("lost: internal");
  const { traffic } = state.service;
  const serving = traffic.toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0))[0];
  const revision = serving?.latestRevision
    ? state.service.revisions.findLast(({ ready }) => ready)?.name
    : serving?.revisionName;
  for (let picture = 0; picture < PICTURES; picture++) {
    deliver(state, revision ?? "", "synthetic");
  }
  const isEvery = state.deliveries.slice(-PICTURES).every(({ outcome }) => outcome === "ready");
  if (isEvery) return "ready";
  throw new Refusal("rejected");
}

/** `gcloud pubsub topics publish`: Pub/Sub pushes the event to the revision with the tag, where there is one. */
export function publish(state: CloudState, { words: [topic], flags }: FakeCall): string {
  const { attribute = "" } = flags;
  const image = /objectId=[a-z2-7]\/[\d-]+\/synthetic\/\w+\/([\w-]+),objectGeneration=\d+$/
    .exec(attribute)?.[1];
  if (image === undefined || !topic?.endsWith("-canary")) {
    throw new Refusal(`no event of Cloud Storage: ${topic} ${attribute}`);
  }
  const tagged = state.service.traffic.find(({ tag }) => tag === "canary")?.revisionName;
  if (tagged !== undefined) deliver(state, tagged, "synthetic", image);
  return "messageIds:\n- '1'";
}

/** Delivers an event until it is acknowledged. */
function deliver(
  state: CloudState,
  name: string,
  tenant: string,
  image = `image-${state.deliveries.length}`,
): void {
  const revision = state.service.revisions.find((each) => each.name === name);
  const before = state.deliveries.filter((each) => each.revision === name).length;
  const facts = { revision: name, tenant, image, ms: revision?.behaviour === "slow" ? 3_200 : 800 };
  if (revision?.behaviour === "refuses" && before % 5 < 2) {
    state.deliveries.push({ ...facts, status: 503 });
  }
  const outcome = revision?.behaviour === "rejects" ? "corrupt" : "ready";
  state.deliveries.push({ ...facts, status: 204, outcome });
}

/** `bq query`: the synthetic images for a revision, or outcomes by revision. */
export function queryRows(state: CloudState, { words: [sql = ""], flags }: FakeCall): string {
  if (flags["format"] !== "json" || flags["use_legacy_sql"] !== "false") {
    throw new Refusal("(bq) a script's call must ask for JSON and for GoogleSQL", 2);
  }
  return JSON.stringify(
    sql.includes("QUALIFY") ? syntheticRows(state, sql) : outcomeRows(state, sql),
  );
}

function syntheticRows({ deliveries }: CloudState, sql: string) {
  const limit = Number(/LIMIT (\d+)$/.exec(sql)?.[1]);
  const newest = /!= '([\w-]+)'/.exec(sql)?.[1];
  const last = new Map(
    deliveries.filter(({ tenant, outcome }) => tenant === "synthetic" && outcome !== undefined)
      .map((delivery) => [delivery.image, delivery]),
  );
  return [...last.values()]
    .filter(({ outcome, revision }) => outcome === "ready" && revision !== newest)
    .toReversed().slice(0, limit)
    .map(({ image }) => ({
      image_id: image,
      name: `a/2026-01-01/synthetic/owner/${image}`,
      generation: "1",
    }));
}

function outcomeRows(state: CloudState, sql: string) {
  const ids = /image_id IN \((.*?)\)/.exec(sql)?.[1]?.replaceAll("'", "").split(", ");
  if (ids === undefined) sendCustomersImages(state);
  const counted = state.deliveries.filter(({ outcome, image = "", tenant, revision }) =>
    outcome !== undefined && sql.includes(`'${revision}'`) &&
    (ids === undefined ? tenant !== "synthetic" : ids.includes(image))
  );
  const groups = Object.groupBy(counted, ({ revision, outcome }) => `${revision} ${outcome}`);
  return Object.entries(groups).map(([key, rows = []]) => {
    const [revision, outcome] = key.split(" ");
    const ms = String(rows[0]?.ms);
    return { revision, outcome, images: String(rows.length), p50_ms: ms, p95_ms: ms };
  });
}

function sendCustomersImages(state: CloudState): void {
  for (const { revisionName, percent = 0 } of state.service.traffic) {
    for (let sent = 0; sent < state.customers * percent / 100; sent++) {
      deliver(state, revisionName ?? "", "acme");
    }
  }
}

/** `gcloud logging read`: statuses of a revision's requests; of other logs, that there is a line. */
export function readLog({ deliveries }: CloudState, { words: [filter = ""], flags }: FakeCall) {
  const named = ["bucket", "location", "view"].filter((name) => flags[name] !== undefined);
  if (named.length < 3) throw new Refusal("the default log bucket is empty", 2);
  if (!filter.includes("run.googleapis.com/requests")) return "2026-01-01T00:00:00Z";
  const revision = /revision_name="([\w-]+)"/.exec(filter)?.[1];
  return deliveries.filter((each) => each.revision === revision).map(({ status }) => status)
    .slice(-Number(flags["limit"])).join("\n");
}
