import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { seededRandom } from "@tintype/core/seeded_random";
import { WITHOUT_JAVA } from "../_java.ts";
import { DRILL_RETENTION, loseStores } from "../recovery/drill.ts";
import { type Fault, FAULTS } from "./faults.ts";
import { type DrawnPictures, drawPictures } from "./pictures.ts";
import { redriveWalk } from "./redrive_walk.ts";
import { runScenario } from "./scenario.ts";
import { startTroubledSystem, type TroubledSystem } from "./troubled_system.ts";

const SEED = 20_261_121;
const PICTURES = 12;
const CAMPAIGN_MS = 440_000;
const WEATHER = { outageMs: 6_000 };
/** What happens one after another to one system, both doors open. */
const CAMPAIGN: readonly (readonly string[])[] = [
  ["kill-processor"],
  ["kill-storage", "kill-pubsub"],
  ["kill-edge"],
  ["kill-bridge"],
  ["kill-broker"],
  ["kill-pixels", "kill-bigquery"],
  ["warehouse-503"],
  ["storage-503", "events-tripled"],
  ["storage-drops-replies", "warehouse-drops-replies"],
];
const DRILL_MS = 400_000;
const BOTH = ["edge", "kafka"] as const;

const random = seededRandom(SEED);
let drawn: DrawnPictures;
before(async () => {
  drawn = await drawPictures(PICTURES, random);
});
after(() => drawn.remove());

test(
  "what is lost is found or made anew where reconcile comes soon",
  { timeout: DRILL_MS },
  async (t) => {
    const doors = WITHOUT_JAVA === false ? BOTH : ["edge"] as const;
    await inSystem({ doors, retention: DRILL_RETENTION }, async (system) => {
      await t.test(
        "pictures come to their end though events are lost",
        () => survive(system, ["events-lost"]),
      );
      await t.test("stores are lost in turn, and what can be rebuilt is", async () => {
        const losses = await loseStores(system, (line) => t.diagnostic(line));
        const broker = WITHOUT_JAVA === false ? ["broker"] : [];
        const lost = losses.map((loss) => loss.lost);
        assert.deepEqual(lost, ["warehouse", "processed bucket", ...broker, "raw bucket"]);
      });
    });
  },
);

test(
  "the road loses and doubles nothing",
  { skip: WITHOUT_JAVA, timeout: CAMPAIGN_MS },
  async (t) => {
    await inSystem({ doors: BOTH }, async (system) => {
      for (const names of CAMPAIGN) {
        await t.test(`under ${names.join(" and ")}`, () => survive(system, names));
      }
      await t.test("and what was given up is brought back by the operator", redriveWalk);
    });
  },
);

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

async function survive(system: TroubledSystem, names: readonly string[]): Promise<void> {
  const scenario = {
    faults: names.map(faultOf),
    pictures: drawn.pictures,
    weather: WEATHER,
    random,
  };
  const { lost, doubled, ready, rows, pictures, resent } = await runScenario(system, scenario);
  const expected = PICTURES * system.doors.length;
  assert.deepEqual(
    { lost, doubled, ready, rows, pictures },
    { lost: [], doubled: [], ready: expected, rows: expected, pictures: expected },
  );
  assert.ok(resent <= names.length);
}

function faultOf(name: string): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  assert.ok(fault, `there is no fault ${name}`);
  return fault;
}
