/**
 * `deno task soak`: every fault of `trouble/faults.ts` while pictures go through both doors, alone and then in pairs,
 * in an order that a seed decides; a table of what happened, and exit code 1 where anything was lost or doubled.
 */
import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { seededRandom } from "@tintype/core/seeded_random";
import { runCampaign, SOAK_CAMPAIGNS } from "./soak_campaigns.ts";
import { planCampaign, type PlannedScenario } from "./trouble/campaign.ts";
import { type DrawnPictures, drawPictures } from "./trouble/pictures.ts";
import { type Outcome, runScenario } from "./trouble/scenario.ts";
import { outcomeTable } from "./trouble/outcome_table.ts";
import { startTroubledSystem, type TroubledSystem } from "./trouble/troubled_system.ts";

const HELP = `Usage: deno task soak [options]

Starts the whole system and lets every fault happen to it while pictures go through both doors.

  --seed N       decides order, moments and sizes (default: the time); the same seed is the same campaign
  --only NAME    one fault, or a pair such as kill-edge+kill-storage
  --pairs        pairs only
  --rounds N     how often to go through all of it (default 1)
  --minutes N    begin nothing new after so many minutes
  --pictures N   pictures of a scenario, half of them through each door (default 100)
  --campaign N   one campaign of soak_campaigns.ts alone (default: all of them when the faults are over)
  --log FILE     write every line of every part into FILE
  --list         name every fault and campaign
  --help         show this
`;
const OPTIONS = {
  seed: { type: "string" },
  only: { type: "string" },
  pairs: { type: "boolean", default: false },
  rounds: { type: "string", default: "1" },
  minutes: { type: "string", default: "1440" },
  pictures: { type: "string", default: "100" },
  campaign: { type: "string" },
  log: { type: "string" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;
const WEATHER = { outageMs: 60_000 };
/** Scenarios that one system lives through; then it must end without leaving anything. */
const SCENARIOS_PER_SYSTEM = 12;
/** What the table calls that which a system left behind. */
const LEFTOVERS = "left behind";
const MINUTE_MS = 60_000;

interface Campaign {
  readonly seed: number;
  /** The flags that, with a scenario's name, run it again as it was. */
  readonly flags: string;
  readonly drawn: DrawnPictures;
  readonly endMs: number;
  readonly outcomes: Outcome[];
  readonly log: string | undefined;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS, strict: true });
  if (values.help) return tell(HELP);
  if (values.campaign !== undefined) return await runCampaigns(values.campaign);
  const seed = values.seed === undefined
    ? Date.now() % 1_000_000
    : wholeNumber("seed", values.seed);
  const rounds = wholeNumber("rounds", values.rounds);
  const plan = planCampaign({
    random: seededRandom(seed),
    only: values.only,
    leastFaults: values.pairs ? 2 : 1,
    rounds,
  });
  if (values.list) {
    const names = [...plan, ...SOAK_CAMPAIGNS].map(({ name }) => name);
    return tell(`${[...new Set(names)].join("\n")}\n`);
  }
  tell(`seed ${seed}: ${plan.length} scenarios\n`);
  const campaign: Campaign = {
    seed,
    flags: `--seed ${seed} --rounds ${rounds} --pictures ${values.pictures}`,
    drawn: await drawPictures(
      Math.ceil(wholeNumber("pictures", values.pictures) / 2),
      seededRandom(seed),
    ),
    endMs: Date.now() + wholeNumber("minutes", values.minutes) * MINUTE_MS,
    outcomes: [],
    log: values.log,
  };
  try {
    while (plan.length > 0 && Date.now() < campaign.endMs) await liveThrough(plan, campaign);
  } finally {
    await campaign.drawn.remove();
  }
  const code = report(campaign);
  const isWhole = values.only === undefined && !values.pairs && Date.now() < campaign.endMs;
  return isWhole ? Math.max(code, await runCampaigns(undefined)) : code;
}

/** Runs one campaign, or all; answers the exit code. Throws TypeError where there is no such one. */
async function runCampaigns(only: string | undefined): Promise<number> {
  const asked = SOAK_CAMPAIGNS.filter(({ name }) => only === undefined || name === only);
  if (asked.length === 0) {
    throw new TypeError(`Cannot soak as there is no campaign ${only}: see --list`);
  }
  let code = 0;
  for (const campaign of asked) {
    tell(`${campaign.name}: ${campaign.about}\n`);
    if (!await runCampaign(resolve(import.meta.dirname ?? ".", ".."), campaign)) code = 1;
  }
  return code;
}

/** Shows the table and how to see each failure again; answers the exit code. */
function report({ seed, flags, outcomes }: Campaign): number {
  const bad = outcomes.filter(({ lost, doubled }) => lost.length + doubled.length > 0);
  tell(`\n${outcomeTable(outcomes)}\n`);
  tell(`seed ${seed}: ${outcomes.length} scenarios, ${bad.length} with losses\n`);
  for (const { name } of bad.filter(({ name }) => name !== LEFTOVERS)) {
    tell(`again: deno task soak ${flags} --only ${name}\n`);
  }
  return bad.length === 0 ? 0 : 1;
}

/** Takes scenarios that can share a system from the plan's front, and lets one system live through them. */
async function liveThrough(plan: PlannedScenario[], campaign: Campaign): Promise<void> {
  const retention = plan[0]?.retention;
  const system = await startTroubledSystem({ doors: ["edge", "kafka"], retention });
  let last: Outcome | undefined;
  try {
    for (let count = 0; count < SCENARIOS_PER_SYSTEM && Date.now() < campaign.endMs; count++) {
      const next = plan[0];
      if (next === undefined || next.retention !== retention) break;
      plan.shift();
      last = await live(system, next, campaign);
      campaign.outcomes.push(last);
      if (last.pictures === 0) break; // It broke, and its system with it.
    }
  } finally {
    const leftovers = await system.stop();
    if (campaign.log !== undefined) await appendFile(campaign.log, `${system.lines.join("\n")}\n`);
    for (const leftover of leftovers) tell(`  left behind: ${leftover}\n`);
    if (leftovers.length > 0 && last !== undefined) {
      campaign.outcomes.push({ ...emptyOutcome(LEFTOVERS), doubled: leftovers });
    }
  }
}

async function live(
  system: TroubledSystem,
  { name, faults, place }: PlannedScenario,
  { seed, drawn }: Campaign,
): Promise<Outcome> {
  const startedMs = performance.now();
  const { pictures } = drawn;
  const scenario = { faults, pictures, weather: WEATHER, random: seededRandom(seed + place) };
  let outcome: Outcome;
  try {
    outcome = await runScenario(system, scenario);
  } catch (error) {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    outcome = { ...emptyOutcome(name), seconds, lost: [`the scenario broke: ${error}`] };
  }
  const { ready, pictures: sent, retries, seconds, lost, doubled } = outcome;
  tell(`${name}: ${ready} of ${sent} ready, ${retries} retries, ${seconds} s\n`);
  for (const line of lost) tell(`  lost: ${line}\n`);
  for (const line of doubled) tell(`  doubled: ${line}\n`);
  return outcome;
}

function emptyOutcome(name: string): Outcome {
  const none = { pictures: 0, ready: 0, rows: 0, resent: 0, retries: 0, seconds: 0 };
  return { name, ...none, lost: [], doubled: [] };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`Cannot soak as --${name} must be a whole number: current value is ${text}`);
}

function tell(text: string): number {
  process.stdout.write(text);
  return 0;
}

// The Kafka client waits for negative times, which mean at once, and warns of each.
process.removeAllListeners("warning");
try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(2);
}
