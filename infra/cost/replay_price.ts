/** What it costs to process one image again: the only place from which replays know it (`core/processing/replay_price.json`). */
import { FIGURES, meanCpuMs, PRICES, PRICES_SEEN } from "./facts.ts";

/** Beside its renditions and manifest: the list of what the old manifest had. */
const LISTS = 1;
/** Raw object, manifest; each is looked at before it is read. */
const READS = 4;
/** BigQuery, webhooks, Kafka's results, the edge. */
const SUBSCRIPTIONS = 4;

/** Units of one replay by price, in the dearer profile, as a budget must hold in both. */
function replayUsage(): Readonly<Record<string, number>> {
  const processorS = meanCpuMs() / 1000 / FIGURES.utilization;
  return {
    "class_a.pair": FIGURES.writesPerImage + LISTS,
    "class_b": READS,
    "storage.replication": FIGURES.renditionBytes,
    "kms.operation": FIGURES.writesPerImage + READS,
    "pubsub.delivery": FIGURES.eventBytes * 2 + FIGURES.recordBytes * SUBSCRIPTIONS,
    "pubsub.bigquery": FIGURES.recordBytes,
    "run.cpu": processorS,
    "run.memory": processorS * FIGURES.memoryGib / FIGURES.vcpus,
    "run.request": 1,
    "logs.cloud": FIGURES.logBytes,
  };
}

/** The file, rounded up to a hundred-millionth of a dollar. */
export function replayPrice(): string {
  const usages = replayUsage();
  const usd = PRICES.reduce(
    (sum, { id, tiers, per }) => sum + (usages[id] ?? 0) * (tiers[0]?.[1] ?? 0) / per,
    0,
  );
  const rounded = Math.ceil(usd * 1e8) / 1e8;
  const by = `infra/cost/replay_price.ts from prices of ${PRICES_SEEN}: npx deno task cost`;
  return `${JSON.stringify({ usd: rounded, by }, null, 2)}\n`;
}
