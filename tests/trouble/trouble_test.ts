import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { after, before, test } from "node:test";
import { seededRandom } from "@tintype/core/seeded_random";
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
  ["kill-storage"],
  ["kill-edge"],
  ["kill-bridge"],
  ["kill-broker"],
  ["kill-pixels", "kill-warehouse"],
  ["warehouse-503"],
  ["storage-503", "events-tripled"],
  ["storage-drops-replies", "warehouse-drops-replies"],
];
const WITHOUT_JAVA = process.env["CI"] === "true" || hasJava()
  ? false as const
  : "the Kafka door needs Java: install a JDK";

const random = seededRandom(SEED);
let drawn: DrawnPictures;
before(async () => {
  drawn = await drawPictures(PICTURES, random);
});
after(() => drawn.remove());

test("pictures come to their end though events are lost, as reconcile finds them", async () => {
  await inSystem(
    { doors: ["edge"], retention: "2h" },
    (system) => survive(system, ["events-lost"]),
  );
});

test(
  "the road loses and doubles nothing",
  { skip: WITHOUT_JAVA, timeout: CAMPAIGN_MS },
  async (t) => {
    await inSystem({ doors: ["edge", "kafka"] }, async (system) => {
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

function hasJava(): boolean {
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
