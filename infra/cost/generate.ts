/** Writes docs/cost.md and its plots from prices, facts and a simulation: `deno task cost`. */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { costDocument } from "./cost_document.ts";
import { plot } from "./plot.ts";
import { SCENARIOS } from "./scenarios.ts";
import { simulate } from "./simulate.ts";

const HELP = `Usage: npx deno task cost

Reckons what images cost from infra/cost/prices.json and infra/cost/facts.json, simulates three days, writes docs/cost.md
and its plots, and prints the document. Exit code 0: written; 2: wrong usage.

  --help  prints this`;
const DOCS = new URL("../../docs/", import.meta.url);

/** Every generated file with its text, by path. */
export function costFiles(): Map<string, string> {
  const simulated = SCENARIOS.map(simulate);
  const path = (name: string) => fileURLToPath(new URL(name, DOCS));
  return new Map([
    [path("cost.md"), costDocument(simulated)],
    ...simulated.map((day): [string, string] => [
      path(`images/cost_${day.scenario.name}.svg`),
      plot(day),
    ]),
  ]);
}

function main(args: readonly string[]): number {
  if (args[0] === "--help") return say(HELP);
  if (args.length > 0) {
    console.error(`Cannot take ${args.join(" ")} (--help lists the options)`);
    return 2;
  }
  for (const [path, text] of costFiles()) writeFileSync(path, text);
  return say(readFileSync(fileURLToPath(new URL("cost.md", DOCS)), "utf8"));
}

function say(text: string): number {
  console.log(text);
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = main(process.argv.slice(2));
}
