/**
 * `deno task soak`: every fault of `trouble/faults.ts` while pictures go through both sources, alone and then in pairs,
 * in an order that a seed decides; a table of what happened, and exit code 1 where anything was lost or doubled.
 */
import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { defineCommand } from "@tintype/cli/command";
import { oneOf, wholeNumber } from "@tintype/cli/flag_values";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { seededRandom } from "@tintype/core/seeded_random";
import { runCampaign, SOAK_CAMPAIGNS } from "./soak_campaigns.ts";
import { planCampaign, type PlannedScenario } from "./trouble/campaign.ts";
import { type DrawnPictures, drawPictures } from "./trouble/pictures.ts";
import { type Outcome, runScenario } from "./trouble/scenario.ts";
import { startTroubledSystem, type TroubledSystem } from "./trouble/troubled_system.ts";

const SOAK = defineCommand({
  name: "soak",
  summary:
    "Starts the whole system and injects every fault while pictures go through both sources.",
  flags: {
    "seed N": {
      about:
        "decides order, moments and sizes (default: the time); the same seed is the same campaign",
      parse: wholeNumber(0),
    },
    "only NAME": "one fault, or a pair such as kill-edge+kill-storage",
    "pairs": "pairs only",
    "rounds N": { about: "how often to go through all of it", parse: wholeNumber(0), default: "1" },
    "minutes N": {
      about: "begin nothing new after so many minutes",
      parse: wholeNumber(0),
      default: "1440",
    },
    "pictures N": {
      about: "pictures of a scenario, half of them through each source",
      parse: wholeNumber(0),
      default: "100",
    },
    "campaign NAME": {
      about:
        "one campaign of soak_campaigns.ts alone (default: all of them when the faults are over)",
      parse: oneOf(SOAK_CAMPAIGNS.map(({ name }) => name)),
    },
    "log FILE": "write every line of every part into FILE",
    "list": "name every fault and campaign",
  },
  exitCodes: { 1: "something was lost or doubled, or a campaign failed" },
});
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
  /** Begin nothing new. */
  readonly over: AbortSignal;
  readonly outcomes: Outcome[];
  readonly log: string | undefined;
}

async function soak(flags: ReturnType<typeof SOAK.parse>): Promise<number> {
  const ending = new AbortController();
  endOnInterrupt(ending, { onFirst: () => say("Ending; once more ends at once.\n") });
  const { only, pairs, rounds, pictures, seed = Date.now() % 1_000_000 } = flags;
  if (flags.campaign !== undefined) return await runCampaigns(ending.signal, flags.campaign);
  const random = seededRandom(seed);
  const plan = planCampaign({ random, only, leastFaults: pairs ? 2 : 1, rounds });
  if (flags.list) {
    const names = [...plan, ...SOAK_CAMPAIGNS].map(({ name }) => name);
    say(`${[...new Set(names)].join("\n")}\n`);
    return EXIT.done;
  }
  say(`seed ${seed}: ${plan.length} scenarios\n`);
  const deadline = AbortSignal.timeout(flags.minutes * MINUTE_MS);
  const campaign: Campaign = {
    seed,
    flags: `--seed ${seed} --rounds ${rounds} --pictures ${pictures}`,
    drawn: await drawPictures(Math.ceil(pictures / 2), seededRandom(seed)),
    over: AbortSignal.any([ending.signal, deadline]),
    outcomes: [],
    log: flags.log,
  };
  try {
    while (plan.length > 0 && !campaign.over.aborted) await liveThrough(plan, campaign);
  } finally {
    await campaign.drawn.remove();
  }
  const code = report(campaign);
  const isWhole = only === undefined && !pairs && !campaign.over.aborted;
  return isWhole ? Math.max(code, await runCampaigns(ending.signal)) : code;
}

/** Runs one campaign, or all; resolves to the exit code. */
async function runCampaigns(signal: AbortSignal, only?: string): Promise<number> {
  let code: number = EXIT.done;
  for (const campaign of SOAK_CAMPAIGNS.filter(({ name }) => [name, undefined].includes(only))) {
    if (signal.aborted) break;
    say(`${campaign.name}: ${campaign.about}\n`);
    if (!await runCampaign(resolve(import.meta.dirname ?? ".", ".."), campaign, signal)) {
      code = EXIT.failed;
    }
  }
  return code;
}

/** Shows a table of all outcomes, a line each, and how to see each failure again; answers the exit code. */
function report({ seed, flags, outcomes }: Campaign): number {
  const bad = outcomes.filter(({ lost, doubled }) => lost.length + doubled.length > 0);
  console.table(
    outcomes.map(({ name, seconds, lost, doubled, ...counts }) => {
      return { name, ...counts, lost: lost.length, doubled: doubled.length, seconds };
    }),
  );
  say(`seed ${seed}: ${outcomes.length} scenarios, ${bad.length} with losses\n`);
  for (const { name } of bad.filter(({ name }) => name !== LEFTOVERS)) {
    say(`again: deno task soak ${flags} --only ${name}\n`);
  }
  return bad.length === 0 ? EXIT.done : EXIT.failed;
}

/** Takes scenarios that can share a system from the plan's front, and lets one system live through them. */
async function liveThrough(plan: PlannedScenario[], campaign: Campaign): Promise<void> {
  const retention = plan[0]?.retention;
  const system = await startTroubledSystem({ doors: ["edge", "kafka"], retention });
  let last: Outcome | undefined;
  try {
    for (let count = 0; count < SCENARIOS_PER_SYSTEM && !campaign.over.aborted; count++) {
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
    for (const leftover of leftovers) say(`  left behind: ${leftover}\n`);
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
  say(`${name}: ${ready} of ${sent} ready, ${retries} retries, ${seconds} s\n`);
  for (const line of lost) say(`  lost: ${line}\n`);
  for (const line of doubled) say(`  doubled: ${line}\n`);
  return outcome;
}

function emptyOutcome(name: string): Outcome {
  const none = { pictures: 0, ready: 0, rows: 0, resent: 0, retries: 0, seconds: 0 };
  return { name, ...none, lost: [], doubled: [] };
}

function say(text: string): void {
  process.stdout.write(text);
}

// The Kafka client waits for negative times, which mean at once, and warns of each.
process.removeAllListeners("warning");
await runMain(SOAK, soak);
