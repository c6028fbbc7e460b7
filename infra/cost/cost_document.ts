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
    "`npx deno task cost` writes this page from [`prices.json`](../infra/cost/prices.json) and " +
    "[`facts.json`](../infra/cost/facts.json); change figures there. " +
    "[`usage.ts`](../infra/cost/usage.ts) counts what an image uses.\n",
    `Prices are ${PRICES_NOTE}, from public copies of the linked pages on ${PRICES_SEEN}; [?] marks those without a page. ` +
    "Check them before you rely on them.\n",
    "## What images cost\n",
    "USD for a million images by images a day: a month of 30 days, free tiers deducted, everything but Kafka itself included. " +
    "[The profiles](decisions/profiles.md) differ in storage, operations and keys.\n",
    partsTable(),
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
    `Images a day at each ceiling, the busiest minute being ${FIGURES.peakFactor} times the mean: as delivered, and with ` +
    "settings.\n",
    limitsTable(limits()),
    "Settings for 10⁸ images a day: `processor = { max_instances = 500 }`, `keeper = { sweep_parts = 8, max_instances = " +
    "12, cpu = 2 }`, `bridge = { instances = 64 }` with 64 partitions. Request higher quotas of Cloud Run's vCPUs, Pub/Sub " +
    "and BigQuery, and repair the last day daily. Beyond that: [scale](scale.md).\n",
    "## Days simulated\n",
    `${
      SIMULATED_IMAGES_PER_DAY.toLocaleString("en-US")
    } images a day from 200 tenants on at most ` +
    `${FIGURES.maxInstances} instances. The fleet is of phones (${fleet()}; ${
      percent(FIGURES.heicShare)
    } HEIC), with times of \`npx deno task bench processing\`. [\`simulate.ts\`](../infra/cost/simulate.ts) uses the ` +
    "processor's [fair share](decisions/fair_share.md); a seed always gives the same day.\n",
    daysTable(simulated),
    ...simulated.map(({ scenario }) => `![${scenario.title}](images/cost_${scenario.name}.svg)\n`),
    lessons(simulated),
    "## Figures\n",
    factsTable("measured by", MEASURED),
    factsTable("configured in", CONFIGURED),
    factsTable("assumed from", ASSUMED),
    "## Prices\n",
    pricesTable(),
  ].join("\n");
}

function partsTable(): string {
  const bills = PROFILE_NAMES.flatMap((profile) =>
    VOLUMES.map((volume) => billOf(volume, profile))
  );
  const parts = [...new Set(PRICES.map(({ part }) => part))];
  const perMillion = (bill: Bill, usd: number) =>
    money(usd / (bill.imagesPerDay * MONTH_DAYS) * 1e6);
  const rows = parts.map((part) => [
    part,
    ...bills.map((bill) => perMillion(bill, bill.parts.get(part) ?? 0)),
  ]);
  const head = PROFILE_NAMES.flatMap((profile) => VOLUME_NAMES.map((name) => `${profile} ${name}`));
  return table(["part", ...head], [
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
  return `The largest lines of the economical profile at 10⁶: ${
    top.join(", ")
  }. An endpoint's webhooks cost ${
    money(one - none)
  } a million images.\n\nWhat lowers it, most first: Cloud CDN in front of renditions (${
    cached.join(" at 10⁶, ")
  } at 10⁸); smaller or fewer renditions; processed images in one region (\`bucket_location\`); \`POST /v1/images\` for ` +
    "small files, one write instead of two; committed use of Cloud Run.\n";
}

function aimLine({ name, usd, target, isMet }: Aim): string {
  return `aim cost/${name} ${usd.toFixed(1)} <= ${target} ${isMet ? "met" : "missed"}`;
}

function aimsRemark(): string {
  const missed = aims().filter(({ isMet }) => !isMet);
  if (missed.length === 0) return "";
  const by = missed.map(({ usd, target }) => money(usd - target)).join(" and ");
  return `Missed by ${by} USD without a CDN, mostly by bytes to clients and four objects an image in two regions ` +
    "([history](decisions/profiles.md)).\n";
}

function limitsTable(all: readonly Limit[]): string {
  const rows = all.map(({ name, ceiling, imagesPerDay, bySettings, change }) => [
    name,
    ceiling,
    millions(imagesPerDay),
    millions(bySettings),
    change,
  ]);
  return table(["limit", "ceiling", "as delivered", "with settings", "settings, then"], rows);
}

function daysTable(simulated: readonly Simulated[]): string {
  const rows = simulated.map(({ scenario, images, peakInstances, peakQueued, runUsd, ...day }) => [
    scenario.title,
    ...[images, peakInstances, peakQueued].map((count) => count.toLocaleString("en-US")),
    ...[day.p50S, day.p95S, day.p99S, day.worstS].map(seconds),
    money(runUsd),
  ]);
  return table(
    ["day", "images", "instances", "longest queue", "p50", "p95", "p99", "worst", "Cloud Run, USD"],
    rows,
  );
}

function lessons(simulated: readonly Simulated[]): string {
  const [daily, , poison] = simulated;
  if (daily === undefined || poison === undefined) return "";
  return [
    `**A day's curve**: the worst image waits for a cold start of ${
      FIGURES.coldStartMs / 1000
    } s. \`min_instances = 1\` avoids that, for the price of an idle instance.\n`,
    `**A ten-fold burst**: events wait until the new instances have started. Nothing is lost.\n`,
    `**A poisoned tenant** (${
      FIGURES.tenantImagesPerDay.toLocaleString("en-US")
    } images that reach their deadline of ${
      FIGURES.deadlineMs / 1000
    } s) keeps to its share: the others' p99 is ${seconds(poison.p99S)}, ${
      seconds(daily.p99S)
    } without it. Its surplus waits in its slow lane. Its quota bounds the cost: ${
      money(poison.runUsd)
    } USD instead of ${money(daily.runUsd)}.\n`,
  ].join("\n");
}

function fleet(): string {
  return FLEET.map(({ share, megapixels }) => `${percent(share)} of ${megapixels}`)
    .join(", ") + " megapixels";
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A row for each source of figures. */
function factsTable(title: string, facts: Readonly<Record<string, Fact>>): string {
  const rows = [...Map.groupBy(Object.values(facts), ({ by }) => by)].map(([by, figures]) => [
    by.startsWith("npx ") ? `\`${by}\`` : by,
    figures.map(({ value, unit }) => `${value.toLocaleString("en-US")} ${unit}`).join("; "),
  ]);
  return table([title, "figures"], rows);
}

function pricesTable(): string {
  const rows = PRICES.map(({ id, tiers, per, unit, free, source }) => [
    source.startsWith("https") ? `[${id}](${source})` : `${id} ${source}`,
    `${
      tiers.map(([from, usd]) => `${usd}${from === 0 ? "" : ` from ${amount(from)}`}`).join(", ")
    } for ${amount(per)}`,
    unit,
    free === 0 ? "–" : amount(free),
  ]);
  return table(["price", "USD", "unit", "free a month"], rows);
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
