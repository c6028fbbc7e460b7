import { markdownTable } from "../../tools/marked_section.ts";
import { type Bill, billOf } from "./bill.ts";
import {
  ASSUMED,
  CONFIGURED,
  type Fact,
  FIGURES,
  FLEET,
  MEASURED,
  PRICES,
  PRICES_NOTE,
  PRICES_SEEN,
} from "./facts.ts";
import { type Limit, limits } from "./limits.ts";
import { SIMULATED_IMAGES_PER_DAY } from "./scenarios.ts";
import type { Simulated } from "./simulate.ts";

const VOLUMES = [1e4, 1e6, 1e8] as const;
const VOLUME_NAMES = ["10⁴", "10⁶", "10⁸"] as const;

/** docs/cost.md, from prices, facts and simulated days. */
export function costDocument(simulated: readonly Simulated[]): string {
  const bills = VOLUMES.map(billOf);
  return [
    "# Cost\n",
    "Printed by `npx deno task cost` from [`prices.json`](../infra/cost/prices.json) and " +
    "[`facts.json`](../infra/cost/facts.json): change a figure there and print it again. A test prints it too and fails " +
    "where this page differs.\n",
    `Prices are in ${PRICES_NOTE}, looked up on ${PRICES_SEEN} in public copies of the pages that are named below; what no ` +
    "page was found for is marked *assumed*. Check both against today's pages before you rely on them.\n",
    "## What images cost\n",
    "Dollars for a million images, by part, at so many images a day (a month of 30 days, free tiers taken off). Kafka " +
    "itself is not in it: it is the company's or Confluent's.\n",
    partsTable(bills),
    remarks(bills),
    "## What breaks first\n",
    "Images a day at which a ceiling is reached, the busiest minute taken as " +
    `${FIGURES.peakFactor} times the mean, lowest first. ✗ marks the volumes that it does not hold.\n`,
    limitsTable(limits()),
    "## Days simulated\n",
    `${SIMULATED_IMAGES_PER_DAY.toLocaleString("en-US")} images a day, the processing times that ` +
    "`npx deno task bench processing` measured for each size of image, over an assumed fleet of phones (" +
    `${fleet()}, ${percent(FIGURES.heicShare)} of all as HEIC), at most ` +
    `${FIGURES.maxInstances} instances where the day does not say otherwise, 200 tenants. ` +
    "[`simulate.ts`](../infra/cost/simulate.ts) shares slots and pixel processes by the processor's own module " +
    "([fair share](decisions/fair_share.md)), and says what it leaves out. The same seed gives the same day.\n",
    daysTable(simulated),
    ...simulated.map(({ scenario }) => `![${scenario.title}](images/cost_${scenario.name}.svg)\n`),
    lessons(simulated),
    "## Figures\n",
    factsTable("Measured", MEASURED),
    factsTable("Configured", CONFIGURED),
    factsTable("Assumed", ASSUMED),
    "## Prices\n",
    pricesTable(),
  ].join("\n");
}

function partsTable(bills: readonly Bill[]): string {
  const parts = [...new Set(PRICES.map(({ part }) => part))];
  const perMillion = (bill: Bill, usd: number) => money(usd / (bill.imagesPerDay * 30) * 1e6);
  const rows = parts.map((part) => [
    part,
    ...bills.map((bill) => perMillion(bill, bill.parts.get(part) ?? 0)),
  ]);
  return table(["part", ...VOLUME_NAMES.map((name) => `${name} a day`)], [
    ...rows,
    ["**a million images**", ...bills.map(({ usdPerMillion }) => `**${money(usdPerMillion)}**`)],
    ["**a month**", ...bills.map(({ usd }) => `**${money(usd)}**`)],
  ]);
}

function remarks(bills: readonly Bill[]): string {
  const middle = bills[1];
  if (middle === undefined) return "";
  const top = [...middle.lines].sort((a, b) => b.usd - a.usd).slice(0, 4).map(({ price, usd }) =>
    `${price.id} (${Math.round(usd / middle.usd * 100)} %)`
  );
  return `Most of it at 10⁶ a day: ${
    top.join(", ")
  }. What lowers it, most first: one region in the place of two (half of ` +
    "storage and of class A operations, no replication; then a region's loss is an outage), fewer or smaller renditions, " +
    "fewer operations on keys by Google's own keys instead of CMEK, committed use for Cloud Run.\n";
}

function limitsTable(all: readonly Limit[]): string {
  const rows = all.map(({ name, ceiling, imagesPerDay, change }) => [
    name,
    ceiling,
    millions(imagesPerDay),
    ...VOLUMES.map((volume) => volume > imagesPerDay ? "✗" : "✓"),
    change,
  ]);
  return table(["limit", "ceiling", "images a day", ...VOLUME_NAMES, "what is changed then"], rows);
}

function daysTable(simulated: readonly Simulated[]): string {
  const rows = simulated.map(({ scenario, images, peakInstances, peakQueued, runUsd, ...day }) => [
    scenario.title,
    ...[images, peakInstances, peakQueued].map((count) => count.toLocaleString("en-US")),
    ...[day.p50S, day.p95S, day.p99S, day.worstS].map(seconds),
    money(runUsd),
  ]);
  return table(
    ["day", "images", "instances", "longest line", "p50", "p95", "p99", "worst", "Cloud Run, USD"],
    rows,
  );
}

function lessons(simulated: readonly Simulated[]): string {
  const [daily, burst, poison] = simulated;
  if (daily === undefined || burst === undefined || poison === undefined) return "";
  return [
    `**A day's curve** needs ${daily.peakInstances} instances; a cold start of ` +
    `${FIGURES.coldStartMs / 1000} s is what its worst image waits for (${
      seconds(daily.worstS)
    }). \`min_instances = 1\` takes that away for the price of an idle instance.\n`,
    `**A ten-fold burst** of half an hour, with up to ${burst.scenario.maxInstances} instances: it takes ` +
    `${burst.peakInstances}, which come after a cold start and as the CPU is asked for. Until then events wait: the longest ` +
    `line is ${burst.peakQueued.toLocaleString("en-US")}, the worst image waits ${
      seconds(burst.worstS)
    }, p99 is ${seconds(burst.p99S)}, and nothing is lost.\n`,
    `**A poisoned tenant** (${
      FIGURES.tenantImagesPerDay.toLocaleString("en-US")
    } images, each of which runs into its ` +
    `deadline of ${FIGURES.deadlineMs / 1000} s) has its share and no more: the others' p99 is ${
      seconds(poison.p99S)
    }, ${seconds(daily.p99S)} without it. Its surplus waits in its slow lane, up to ${
      poison.peakQueued.toLocaleString("en-US")
    } events. It costs instances, which its quota bounds: ${money(poison.runUsd)} USD against ${
      money(daily.runUsd)
    } USD.\n`,
  ].join("\n");
}

function fleet(): string {
  return FLEET.map(({ share, megapixels }) => `${percent(share)} of ${megapixels} megapixels`)
    .join(", ");
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function factsTable(title: string, facts: Readonly<Record<string, Fact>>): string {
  const rows = Object.values(facts).map(({ value, unit, by }) => [
    value.toLocaleString("en-US"),
    unit,
    by.startsWith("npx ") ? `\`${by}\`` : by,
  ]);
  return table([title, "of", title === "Measured" ? "by" : "where from"], rows);
}

function pricesTable(): string {
  const rows = PRICES.map(({ id, usd, per, unit, free, source }) => [
    id,
    `${usd} for ${per.toLocaleString("en-US")}`,
    unit,
    free === 0 ? "–" : free.toLocaleString("en-US"),
    source === "assumed" ? "*assumed*" : `<${source}>`,
  ]);
  return table(["price", "USD", "unit", "free a month", "source"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${markdownTable(head, rows)}\n`;
}

function money(usd: number): string {
  const digits = usd >= 1000 ? 0 : 2;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return usd.toLocaleString("en-US", format);
}

function millions(images: number): string {
  return `${(images / 1e6).toLocaleString("en-US", { maximumSignificantDigits: 3 })} million`;
}

function seconds(value: number): string {
  if (value < 120) return `${value.toFixed(1)} s`;
  return value < 7200 ? `${(value / 60).toFixed(0)} min` : `${(value / 3600).toFixed(1)} h`;
}
