/** Watches a new revision of the processor beside the stable one and reports by its exit code whether it may go on. */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { defineCommand } from "@tintype/cli/command";
import { matching, oneOf, wholeNumber } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { faultOf, imagesOf, NO_FIGURES, type RevisionFigures } from "./judge_rollout.ts";
import { printedList } from "./printed_list.ts";
import { figuresSql, type OutcomeRow, type SyntheticImage, syntheticSql } from "./rollout_sql.ts";

const name = matching(/^[a-z][a-z0-9-]{0,62}$/, "be a name of Google's");
/** Synthetic images that a new revision processes. */
const SYNTHETIC_IMAGES = 24;
/** Logs of requests that are counted, the newest first. */
const MAX_REQUESTS = 5_000;

const ROLLOUT = defineCommand({
  name: "rollout",
  program: "node infra/deploy/rollout.ts",
  summary:
    "Compares a new revision of the processor with the stable one: refused deliveries, rejections by reason, latency.",
  flags: {
    "stage NAME": {
      about: "synthetic: sends it synthetic images first; share: it has a share of the traffic",
      parse: oneOf(["synthetic", "share"]),
      required: true,
    },
    "project ID": { about: "project", parse: name, required: true },
    "prefix NAME": { about: "prefix of names", parse: name, required: true },
    "region NAME": { about: "region of the logs", parse: name, required: true },
    "newest REVISION": { about: "new revision", parse: name, required: true },
    "stable REVISION": { about: "old revision", parse: name, required: true },
    "images N": { about: "end early after so many images", parse: wholeNumber(20), default: "500" },
    "minutes N": { about: "how long to watch", parse: wholeNumber(0, 1440), default: "10" },
  },
  exitCodes: { 0: "it may go on", 1: "it is worse, or synthetic images did not come to an end" },
});

type RolloutCall = ReturnType<typeof ROLLOUT.parse>;

await runMain(ROLLOUT, async (call) => {
  const { stage, newest } = call;
  const isSynthetic = stage === "synthetic";
  const until = Date.now() + call.minutes * 60_000;
  const since = new Date().toISOString();
  const sent = isSynthetic ? await sendSynthetic(call, until) : [];
  const wanted = isSynthetic ? sent.length : call.images;
  for (;;) {
    const figures = figuresOf(call, since, sent);
    const fault = faultOf(figures.newest, figures.stable);
    if (fault !== undefined) return say(`${newest} goes back: it ${fault}`, EXIT.failed);
    const images = imagesOf(figures.newest);
    if (images >= wanted) return say(`${newest} is as good after ${images} images`, EXIT.done);
    if (Date.now() >= until) {
      return isSynthetic
        ? say(`${newest} goes back: it ended ${images} of ${wanted} images`, EXIT.failed)
        : say(`${newest} is as good: ${images} images in ${call.minutes} minutes`, EXIT.done);
    }
    await sleep(Math.min(20_000, Math.max(0, until - Date.now())));
  }
});

/** Publishes events of images that the stable revision has processed to whom the traffic tag names. */
async function sendSynthetic(call: RolloutCall, until: number): Promise<readonly SyntheticImage[]> {
  const { prefix, project, newest } = call;
  const ask = () => query<SyntheticImage>(call, syntheticSql(newest, SYNTHETIC_IMAGES));
  let images = ask();
  // Rows come some seconds after their images.
  while (images.length < SYNTHETIC_IMAGES && Date.now() < until) {
    await sleep(10_000);
    images = ask();
  }
  if (images.length < SYNTHETIC_IMAGES) {
    throw new Error(
      `Cannot judge ${newest}: ${images.length} of ${SYNTHETIC_IMAGES} synthetic images are there. SMOKE_TOKEN must be of the tenant synthetic`,
    );
  }
  for (const { name, generation } of images) {
    const attributes = [
      ...["eventType=OBJECT_FINALIZE", "payloadFormat=NONE", `bucketId=${prefix}-raw`],
      ...[`objectId=${name}`, `objectGeneration=${generation}`],
    ].join(",");
    const topic = ["pubsub", "topics", "publish", `${prefix}-canary`, "--project", project];
    execFileSync("gcloud", [...topic, "--attribute", attributes], { encoding: "utf8" });
  }
  return images;
}

function figuresOf(call: RolloutCall, since: string, sent: readonly SyntheticImage[]) {
  const rows = query<OutcomeRow>(call, figuresSql(call, since, sent));
  const read = (revision: string): RevisionFigures => {
    const own = rows.filter((row) => row.revision === revision);
    if (own.length === 0) return { ...NO_FIGURES, ...requestsOf(call, revision, since) };
    const ready = own.find(({ outcome }) => outcome === "ready");
    return {
      outcomes: Object.fromEntries(own.map(({ outcome, images }) => [outcome, Number(images)])),
      p50Ms: Number(ready?.p50_ms ?? 0),
      p95Ms: Number(ready?.p95_ms ?? 0),
      ...requestsOf(call, revision, since),
    };
  };
  return { newest: read(call.newest), stable: read(call.stable) };
}

/** Deliveries by the service's own log of requests, which also has those that end an instance. */
function requestsOf({ project, prefix, region }: RolloutCall, revision: string, since: string) {
  const filter = [
    'log_id("run.googleapis.com/requests")',
    `resource.labels.revision_name="${revision}"`,
    'httpRequest.requestUrl:"/events/"',
    `timestamp>="${since}"`,
  ].join(" AND ");
  const where = ["--bucket", `${prefix}-logs`, "--location", region, "--view", "_AllLogs"];
  const flags = ["--project", project, ...where, "--limit", `${MAX_REQUESTS}`];
  const args = ["logging", "read", filter, ...flags, "--format", "value(httpRequest.status)"];
  const printed = execFileSync("gcloud", args, { encoding: "utf8" });
  const statuses = printed.split(/\s+/).filter((status) => status !== "");
  return { requests: statuses.length, refused: statuses.filter((each) => /^5/.test(each)).length };
}

/** Asks BigQuery by Google's own command. */
function query<Row>({ project }: RolloutCall, sql: string): readonly Row[] {
  const flags = [`--project_id=${project}`, "--format=json", "--use_legacy_sql=false", "--quiet"];
  const printed = execFileSync("bq", ["query", ...flags, "--max_rows=1000", sql], {
    encoding: "utf8",
  });
  return printedList<Row>(printed || "[]", "bq");
}

function say(text: string, code: number): number {
  console.log(text);
  return code;
}
