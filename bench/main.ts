/** `deno task bench [suite…]`: runs the suites one after another; their tables first, then a line for each aim. */
import { hideNegativeTimeoutWarnings } from "@tintype/local/start/quiet_warnings";
import { resolve } from "node:path";
import process from "node:process";
import { edgeSuite } from "./edge/edge.ts";
import { bridgeSuite } from "./bridge/bridge.ts";
import { processingSuite } from "./processing/processing.ts";
import { roadSuite } from "./road/road.ts";
import { retentionSuite } from "./retention/retention.ts";
import { aimLine, type Suite } from "./suite.ts";

const SUITES: readonly Suite[] = [
  roadSuite,
  processingSuite,
  bridgeSuite,
  edgeSuite,
  retentionSuite,
];
const HELP = `Usage: deno task bench [suite...]

Measures Tintype beside a bare baseline in the same run and prints ratios.
Suites: ${SUITES.map(({ name, about }) => `\n  ${name.padEnd(12)} ${about}`).join("")}
`;

hideNegativeTimeoutWarnings();
const asked = process.argv.slice(2);
const unknown = asked.filter((name) =>
  name !== "--help" && !SUITES.some((suite) => suite.name === name)
);
if (asked.includes("--help") || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`There is no suite ${unknown.join(", ")}\n`);
  process.stdout.write(HELP);
  process.exit(unknown.length > 0 ? 2 : 0);
}
const root = resolve(import.meta.dirname ?? ".", "..");
const print = (line: string) => void process.stdout.write(`${line}\n`);
const lines: string[] = [];
for (const suite of SUITES.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  print(`# ${suite.name}: ${suite.about}\n`);
  const aims = await suite.run({ print, root });
  lines.push(...aims.map((aim) => aimLine(suite.name, aim)));
  print("");
}
for (const line of lines) print(line);
process.exit(0);
