/**
 * The numbers in `storage_and_cost` (infra/bigquery/views): list prices, and what rows do not say as a share of the bill at
 * a million images a day, so that the mean image costs in the view what it costs in docs/cost.md.
 */
import { billOf, MONTH_DAYS } from "./bill.ts";
import { FIGURES, meanCpuMs, PRICES } from "./facts.ts";

const IMAGES_PER_DAY = 1e6;
const GIB = 2 ** 30;
const TIB = 2 ** 40;

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
  const usdOf = (id: string) => PRICES.find((price) => price.id === id)?.tiers[0]?.[1] ?? 0;
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
  const usdOf = (id: string) => PRICES.find((price) => price.id === id)?.tiers[0]?.[1] ?? 0;
  const memory = usdOf("run.memory") * FIGURES.memoryGib / FIGURES.vcpus;
  return (usdOf("run.cpu") + memory) / FIGURES.utilization;
}

/** Six digits that count, without an exponent, as SQL reads it. */
function text(value: number): string {
  return String(Number(value.toFixed(10)));
}
