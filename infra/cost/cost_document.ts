import { markdownTable } from "../../tools/marked_section.ts";
import { type Aim, aims } from "./aims.ts";
import { type Bill, billOf, MONTH_DAYS } from "./bill.ts";
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

const PROFILE_NAMES = ["economical", "resilient"] as const;
const VOLUMES = [1e4, 1e6, 1e8] as const;
const VOLUME_NAMES = ["10⁴", "10⁶", "10⁸"] as const;

/** docs/cost.md, from prices, facts and simulated days. */
export function costDocument(simulated: readonly Simulated[]): string {
  return [
    "# Cost\n",
    "Printed by `npx deno task cost` from [`prices.json`](../infra/cost/prices.json) and " +
    "[`facts.json`](../infra/cost/facts.json): change a figure there and print it again. A test prints it too and fails " +
    "where this page differs. [`usage.ts`](../infra/cost/usage.ts) counts what an image uses.\n",
    `Prices are in ${PRICES_NOTE}, looked up on ${PRICES_SEEN} in public copies of the pages that are named below; [?] marks ` +
    "what no page was found for. Check both against today's pages before you rely on them.\n",
    "## What images cost\n",
    "Dollars for a million images, by part, at so many images a day (a month of 30 days, free tiers taken off), erasures, " +
    "repair, sweeps, records and webhooks included. Kafka itself is not in it: it is the company's or Confluent's. The " +
    "profiles, and what each loses with a region, are in [a decision record](decisions/profiles.md).\n",
    ...PROFILE_NAMES.flatMap((profile) => [
      `**${profile}**\n`,
      partsTable(VOLUMES.map((volume) => billOf(volume, profile))),
    ]),
    remarks(),
    "```",
    ...aims().map(aimLine),
    "```\n",
    aimsRemark(),
    "## Two forms of a rendition\n",
    'Dollars that `format: "negotiated"` of all three lines adds to a million images (below zero: saves), by the bytes that clients ' +
    `fetch of an image in its first form; ${
      FIGURES.viewedBytes.toLocaleString("en-US")
    } is what everything else on this page ` +
    "assumes. CPU, storage, replication and the writes of three more objects are paid an image, egress is saved a view: two forms pay " +
    "for pictures that are looked at often. `npx deno task soak --images DIR` measures bytes and CPU on pictures of your own.\n",
    formsTable(),
    "## What breaks first\n",
    "Images a day at which a ceiling is reached, the busiest minute taken as " +
    `${FIGURES.peakFactor} times the mean, lowest first: as delivered, and with the settings of the last column. ✗ marks ` +
    "the volumes that neither holds.\n",
    limitsTable(limits()),
    "The settings for 10⁸ images a day: `processor = { max_instances = 500 }`, `keeper = { sweep_parts = 8, max_instances = " +
    "12, cpu = 2 }`, `bridge = { instances = 64 }` with 64 partitions, the quotas of Cloud Run's vCPUs, Pub/Sub and BigQuery raised on " +
    "request, and repair of the last day once a day. What lies beyond is in [scale](scale.md).\n",
    "## Days simulated\n",
    `${SIMULATED_IMAGES_PER_DAY.toLocaleString("en-US")} images a day, the processing times that ` +
    "`npx deno task bench processing` measured for each size of image, over an assumed fleet of phones (" +
    `${fleet()}, ${percent(FIGURES.heicShare)} of all as HEIC), at most ` +
    `${FIGURES.maxInstances} instances, 200 tenants. ` +
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
  const perMillion = (bill: Bill, usd: number) =>
    money(usd / (bill.imagesPerDay * MONTH_DAYS) * 1e6);
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

const VIEWED_BYTES = [0.5e6, 1e6, 2e6, 4e6, 8e6];

function formsTable(): string {
  const ways = PROFILE_NAMES.flatMap((profile) =>
    [false, true].map((hasCdn) => ({ profile, hasCdn }))
  );
  const added = (viewedBytes: number, { profile, hasCdn }: (typeof ways)[number]) => {
    const [one = 0, two = 0] = [false, true].map((hasTwoForms) =>
      billOf(1e6, profile, { hasCdn, viewedBytes, hasTwoForms }).usdPerMillion
    );
    return money(two - one);
  };
  return table(
    ["bytes fetched an image", ...ways.map((way) => `${way.profile}${way.hasCdn ? ", CDN" : ""}`)],
    VIEWED_BYTES.map((bytes) => [
      bytes.toLocaleString("en-US"),
      ...ways.map((way) => added(bytes, way)),
    ]),
  );
}

function remarks(): string {
  const bill = billOf(1e6);
  const top = [...bill.lines].sort((a, b) => b.usd - a.usd).slice(0, 5).map(({ price, usd }) =>
    `${price.id} (${percent(usd / bill.usd)})`
  );
  const cached = VOLUMES.slice(1).map((volume) =>
    money(billOf(volume, "economical", { hasCdn: true }).usdPerMillion)
  );
  const [none = 0, one = 0] = [0, 1].map((webhookShare) =>
    billOf(1e6, "economical", { webhookShare }).usdPerMillion
  );
  return `A million images and endpoint cost ${
    money(one - none)
  } for their webhooks. Most of it in the economical profile at 10⁶ a day: ${
    top.join(", ")
  }. With Cloud CDN in front of renditions it is ${
    cached.join(" at 10⁶ and ")
  } at 10⁸. What lowers it, most first: Cloud CDN, smaller or fewer renditions (each is a write into two regions; WebP is a ` +
    "line of the tenant's rendition table), processed images in one region too (`bucket_location`), `POST /v1/images` for " +
    "small files (one write in the place of two), committed use of Cloud Run.\n";
}

function aimLine({ name, usd, target, isMet }: Aim): string {
  return `aim cost/${name} ${usd.toFixed(1)} <= ${target} ${isMet ? "met" : "missed"}`;
}

function aimsRemark(): string {
  const missed = aims().filter(({ isMet }) => !isMet);
  if (missed.length === 0) return "";
  const by = missed.map(({ usd, target }) => money(usd - target)).join(" and ");
  return `Missed by ${by} USD without a CDN. Most of it are bytes to clients and the four objects of an image that are written into ` +
    "two regions; what each count and price was before is in [the decision record](decisions/profiles.md).\n";
}

function limitsTable(all: readonly Limit[]): string {
  const rows = all.map(({ name, ceiling, imagesPerDay, bySettings, change }) => [
    name,
    ceiling,
    millions(imagesPerDay),
    millions(bySettings),
    ...VOLUMES.map((volume) =>
      volume > bySettings ? "✗" : volume > imagesPerDay ? "by settings" : "✓"
    ),
    change,
  ]);
  return table(
    [
      "limit",
      "ceiling",
      "images a day",
      "by settings",
      ...VOLUME_NAMES,
      "settings, then what comes after them",
    ],
    rows,
  );
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
    `**A ten-fold burst** of half an hour takes ${burst.peakInstances} instances, which come after a cold start and as the CPU is asked for. Until then events wait: the longest ` +
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
  const rows = PRICES.map(({ id, tiers, per, unit, free, source }) => [
    id,
    `${
      tiers.map(([from, usd]) => `${usd}${from === 0 ? "" : ` from ${amount(from)} on`}`).join(", ")
    } for ${amount(per)}`,
    unit,
    free === 0 ? "–" : amount(free),
    source.startsWith("https") ? `<${source}>` : source,
  ]);
  return table(["price", "USD", "unit", "free a month", "source"], rows);
}

/** A count, in TiB or GiB where it is a whole number of those. */
function amount(units: number): string {
  const [size, name] = units % 2 ** 40 === 0 ? [2 ** 40, " TiB"] : [2 ** 30, " GiB"];
  return units % size === 0 ? `${units / size}${name}` : units.toLocaleString("en-US");
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
