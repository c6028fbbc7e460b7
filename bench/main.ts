/** `deno task bench [suite…]`: runs the suites one after another; their tables first, then a line for each aim. */
import { defineCommand } from "@tintype/cli/command";
import { oneOf } from "@tintype/cli/flag_values";
import { runMain } from "@tintype/cli/run_main";
import { hideNegativeTimeoutWarnings } from "@tintype/local/start/quiet_warnings";
import { resolve } from "node:path";
import process from "node:process";
import { albumSuite } from "./album/album.ts";
import { edgeSuite } from "./edge/edge.ts";
import { tenantsSuite } from "./edge/tenants.ts";
import { bridgeSuite } from "./bridge/bridge.ts";
import { processingSuite } from "./processing/processing.ts";
import { fairnessSuite } from "./fairness/fairness.ts";
import { roadSuite } from "./road/road.ts";
import { retentionSuite } from "./retention/retention.ts";
import { webhooksSuite } from "./webhooks/webhooks.ts";
import { aimLine, type Suite } from "./suite.ts";

const SUITES: readonly Suite[] = [
  roadSuite,
  processingSuite,
  fairnessSuite,
  bridgeSuite,
  edgeSuite,
  tenantsSuite,
  retentionSuite,
  webhooksSuite,
  albumSuite,
];
const NAMES = SUITES.map(({ name }) => name);
const BENCH = defineCommand({
  name: "bench",
  summary: [
    "Measures Tintype beside a bare baseline in the same run and prints ratios. Suites:",
    ...SUITES.map(({ name, about }) => `${name}: ${about}`),
  ].join("\n"),
  words: { placeholder: "SUITE", min: 0, parse: oneOf(NAMES) },
  flags: { "list": "print the names of the suites" },
});
const root = resolve(import.meta.dirname ?? ".", "..");
const print = (line: string) => void process.stdout.write(`${line}\n`);

hideNegativeTimeoutWarnings();
await runMain(BENCH, async ({ list, words }) => {
  if (list) return print(NAMES.join("\n"));
  const lines: string[] = [];
  for (const suite of SUITES.filter(({ name }) => words.length === 0 || words.includes(name))) {
    print(`# ${suite.name}: ${suite.about}\n`);
    const aims = await suite.run({ print, root });
    lines.push(...aims.map((aim) => aimLine(suite.name, aim)));
    print("");
  }
  for (const line of lines) print(line);
});
