/**
 * Numbers that others take from the cost model: what it costs to process an image again, and the prices in the view
 * `storage_and_cost`, so that the mean image costs there what it costs in docs/cost.md.
 */
import { billOf, MONTH_DAYS } from "./bill.ts";
import { FIGURES, meanCpuMs, PRICES, PRICES_SEEN } from "./facts.ts";

const IMAGES_PER_DAY = 1e6;
const GIB = 2 ** 30;
const TIB = 2 ** 40;

/** Beside its renditions and manifest a replay lists what the old manifest had. */
const REPLAY_LISTS = 1;
/** Raw object and manifest; each is looked at before it is read. */
const REPLAY_READS = 4;
/** BigQuery, webhooks, Kafka's results, the edge. */
const SUBSCRIPTIONS = 4;

/**
 * `core/processing/replay_price.json`, the only place from which replays know the price: of one image in the dearer profile,
 * as a budget must hold in both, rounded up to a hundred-millionth of a dollar.
 */
export function replayPrice(): string {
  const usages: Readonly<Record<string, number>> = {
    "class_a.pair": FIGURES.writesPerImage + REPLAY_LISTS,
    "class_b": REPLAY_READS,
    "storage.replication": FIGURES.renditionBytes,
    "kms.operation": FIGURES.writesPerImage + REPLAY_READS,
    "pubsub.delivery": FIGURES.eventBytes * 2 + FIGURES.recordBytes * SUBSCRIPTIONS,
    "pubsub.bigquery": FIGURES.recordBytes,
    "run.request": 1,
    "logs.cloud": FIGURES.logBytes,
  };
  const seen = PRICES.reduce((sum, { id, per }) => sum + (usages[id] ?? 0) * usdOf(id) / per, 0);
  const usd = Math.ceil((seen + meanCpuMs() / 1000 * cpuSecondUsd()) * 1e8) / 1e8;
  const by = `infra/cost/derived_prices.ts from prices of ${PRICES_SEEN}: npx deno task cost`;
  return `${JSON.stringify({ usd, by }, null, 2)}\n`;
}

/** The view with today's numbers before the comments that name them: `0.02 /* price storage.region *\/`. */
export function withPrices(sql: string): string {
  const numbers = viewNumbers();
  return sql.replaceAll(/[\d.]+ \/\* ((?:price|mean) [a-zA-Z_. ]+) \*\//g, (_, name: string) => {
    const number = numbers[name];
    if (number === undefined) throw new TypeError(`Cannot price the view: ${name} is not known`);
    return `${number} /* ${name} */`;
  });
}

function viewNumbers(): Readonly<Record<string, string>> {
  const listed = Object.fromEntries(
    PRICES.map(({ id, tiers }) => [`price ${id}`, text(tiers[0]?.[1] ?? 0)]),
  );
  const egress = egressOfGib();
  const cpu = cpuSecondUsd();
  return {
    ...listed,
    "mean egress of a GiB": text(egress),
    "mean bytes fetched of a byte": text(FIGURES.viewedBytes / FIGURES.renditionBytes),
    "mean second of CPU": text(cpu),
    "mean record in bytes": text(FIGURES.recordBytes),
    "mean rest of an image": text(restOf({ egress, cpu })),
  };
}

/** The rest of the mean image's bill: requests at the edge, the bridge, logs, messages, statements, lists, Kafka's bytes. */
function restOf({ egress, cpu }: Readonly<Record<"egress" | "cpu", number>>): number {
  const kept = FIGURES.keptDays / MONTH_DAYS;
  const raw = FIGURES.rawBytes / GIB;
  const renditions = FIGURES.renditionBytes / GIB;
  const seen = raw * usdOf("storage.region") * kept +
    renditions * (usdOf("storage.pair") * kept + usdOf("storage.replication")) +
    (usdOf("class_a.region") + FIGURES.writesPerImage * usdOf("class_a.pair") +
        (FIGURES.readsPerImage + FIGURES.readsPerUpload) * usdOf("class_b")) / 1000 +
    FIGURES.recordBytes / TIB * usdOf("pubsub.bigquery") +
    meanCpuMs() / 1000 * cpu + FIGURES.viewedBytes / GIB * egress;
  return billOf(IMAGES_PER_DAY).usdPerMillion / 1e6 - seen;
}

function egressOfGib(): number {
  const line = billOf(IMAGES_PER_DAY).lines.find(({ price }) => price.id === "egress.internet");
  return line === undefined ? 0 : line.usd / line.usage * GIB;
}

function cpuSecondUsd(): number {
  const memory = usdOf("run.memory") * FIGURES.memoryGib / FIGURES.vcpus;
  return (usdOf("run.cpu") + memory) / FIGURES.utilization;
}

/** The list price of a price's unit. */
function usdOf(id: string): number {
  return PRICES.find((price) => price.id === id)?.tiers[0]?.[1] ?? NaN;
}

/** Without an exponent, as SQL reads it. */
function text(value: number): string {
  return String(Number(value.toFixed(10)));
}
