/** What goes wrong while pictures go through; `deno task soak` makes it every fault alone and in pairs, by its variables. */
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import { seededRandom } from "@tintype/core/seeded_random";
import { WITHOUT_JAVA } from "../_java.ts";
import { DRILL_RETENTION, loseStores } from "../recovery/drill.ts";
import { planCampaign, type PlannedScenario, scenariosNamed } from "./campaign.ts";
import { rehearseAlerts } from "./alert_rehearsals.ts";
import { FAULTS } from "./faults.ts";
import { kafkaAppWalk } from "./kafka_app_walk.ts";
import { type DrawnPictures, drawPictures } from "./pictures.ts";
import { redriveWalk } from "./redrive_walk.ts";
import { runScenario } from "./scenario.ts";
import { strangerWalk } from "./stranger_walk.ts";
import { startTroubledSystem, type TroubledSystem } from "./troubled_system.ts";

const { TROUBLE_SEED = "20261121", TROUBLE_ONLY, TROUBLE_PICTURES } = process.env;
const SEED = Number(TROUBLE_SEED);
/** Through each source. */
const PICTURES = Number(TROUBLE_PICTURES ?? 8);
const isLong = TROUBLE_PICTURES !== undefined;
const OUTAGE_MS = isLong ? 60_000 : 4_000;
/** What happens one after another, both sources open. */
const CAMPAIGN: readonly PlannedScenario[] = isLong && TROUBLE_ONLY === undefined
  ? planCampaign(SEED)
  : scenariosNamed(
    TROUBLE_ONLY?.split(",") ?? [
      "kill-processor+kill-keeper",
      "kill-storage+kill-pubsub",
      "kill-webhooks+kill-edge",
      "kill-bridge+kill-broker",
      "kill-pixels+kill-bigquery",
      "bigquery-503",
      "storage-503+events-tripled",
      "storage-drops-replies+bigquery-drops-replies",
    ],
  );
/** Scenarios that one system lives through; then it must end without leaving anything. */
const SCENARIOS_PER_SYSTEM = 12;
const SCENARIO_MS = isLong ? 600_000 : 50_000;
const DRILL_MS = 400_000;
const BOTH = ["edge", "kafka"] as const;

let drawn: DrawnPictures;
before(async () => {
  drawn = await drawPictures(PICTURES, seededRandom(SEED));
});
after(() => drawn.remove());

test(
  "what is lost is found or made anew where repair comes soon",
  { timeout: DRILL_MS, skip: TROUBLE_ONLY !== undefined && "other faults are asked for" },
  async (t) => {
    const sources = WITHOUT_JAVA === false ? BOTH : ["edge"] as const;
    await inSystem({ sources, retention: DRILL_RETENTION }, async (system) => {
      for (const fault of FAULTS.filter(({ isAlone }) => isAlone)) {
        await t.test(`nothing is lost under ${fault.name}`, async () => {
          await survive(system, { name: fault.name, faults: [fault], place: -1 });
        });
      }
      await t.test("stores are lost in turn, and what can be rebuilt is", async () => {
        const losses = await loseStores(system, (line) => t.diagnostic(line));
        const broker = WITHOUT_JAVA === false ? ["broker"] : [];
        const lost = losses.map((loss) => loss.lost);
        const buckets = ["erasures bucket", "raw bucket", "configuration bucket"];
        assert.deepEqual(lost, ["BigQuery", "processed bucket", ...broker, ...buckets]);
      });
      await t.test("alerts are rehearsed", (each) => rehearseAlerts(each, system));
    });
  },
);

for (let from = 0; from < CAMPAIGN.length; from += SCENARIOS_PER_SYSTEM) {
  const scenarios = CAMPAIGN.slice(from, from + SCENARIOS_PER_SYSTEM);
  const timeout = (scenarios.length + 1) * SCENARIO_MS;
  test(
    `the road loses and doubles nothing, from scenario ${from + 1} on (TROUBLE_SEED=${SEED})`,
    { skip: WITHOUT_JAVA, timeout },
    async (t) => {
      await inSystem({ sources: BOTH }, async (system) => {
        for (const scenario of scenarios) {
          await t.test(`under ${scenario.name}`, () => survive(system, scenario));
        }
        await t.test("and what was given up is brought back by the operator", redriveWalk);
        await t.test("the example application feeds the stream and shows results", kafkaAppWalk);
        await t.test("and a stranger operates it by its commands", strangerWalk);
      });
    },
  );
}

async function inSystem(
  options: Parameters<typeof startTroubledSystem>[0],
  work: (system: TroubledSystem) => Promise<void>,
): Promise<void> {
  const system = await startTroubledSystem(options);
  let leftovers: readonly string[] = [];
  try {
    await work(system);
  } finally {
    leftovers = await system.stop();
  }
  assert.deepEqual(leftovers, []);
}

async function survive(
  system: TroubledSystem,
  { faults, place }: PlannedScenario,
): Promise<void> {
  const { lost, doubled, ready, rows, pictures, resent } = await runScenario(system, {
    faults,
    pictures: drawn.pictures,
    outageMs: OUTAGE_MS,
    random: seededRandom(SEED + place),
  });
  const expected = PICTURES * system.sources.length;
  assert.deepEqual(
    { lost, doubled, ready, rows, pictures },
    { lost: [], doubled: [], ready: expected, rows: expected, pictures: expected },
  );
  assert.ok(resent <= faults.length);
}
