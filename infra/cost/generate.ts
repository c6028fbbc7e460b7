/** Writes docs/cost.md and its plots from prices, facts and a simulation: `deno task cost`. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineCommand } from "@tintype/cli/command";
import { runMain } from "@tintype/cli/run_main";
import { costDocument } from "./cost_document.ts";
import { replayPrice, withPrices } from "./derived_prices.ts";
import { plot } from "./plot.ts";
import { SCENARIOS } from "./scenarios.ts";
import { simulate, type Simulated } from "./simulate.ts";

const COST = defineCommand({
  name: "cost",
  summary:
    "Estimates what images cost from infra/cost/prices.json and infra/cost/facts.json, simulates three days, writes docs/cost.md with its plots, the price of a replay and those of the view storage_and_cost, and prints the document.",
  flags: {},
});
const VIEW = "infra/bigquery/views/storage_and_cost.sql";
const ROOT = new URL("../../", import.meta.url);

/** Every generated file with its text, by path. */
export function costFiles(simulated: readonly Simulated[]): Map<string, string> {
  const path = (name: string) => fileURLToPath(new URL(name, ROOT));
  return new Map([
    [path("core/processing/replay_price.json"), replayPrice()],
    [path(VIEW), withPrices(readFileSync(path(VIEW), "utf8"))],
    [path("docs/cost.md"), costDocument(simulated)],
    ...simulated.map((day): [string, string] => [
      path(`docs/images/cost_${day.scenario.name}.svg`),
      plot(day),
    ]),
  ]);
}

if (import.meta.main) {
  await runMain(COST, () => {
    for (const [path, text] of costFiles(SCENARIOS.map(simulate))) writeFileSync(path, text);
    console.log(readFileSync(fileURLToPath(new URL("docs/cost.md", ROOT)), "utf8"));
  });
}
