import { type Aim, atMost } from "../suite.ts";
import { type Cloud, fillTopic, runBridge, tell } from "./run_bridge.ts";

/** A long topic: how many records are early, and what lies in it. */
interface LongTopic {
  readonly name: string;
  readonly records: number;
  readonly earlyRecords: number;
  readonly bytes: number;
  /** Every so many records one is large. */
  readonly largeEvery?: number;
  readonly largeBytes?: number;
}

const TOPICS: readonly LongTopic[] = [
  { name: "20000", records: 20_000, earlyRecords: 1_000, bytes: 50_000 },
  {
    ...{ name: "mix", records: 1_500, earlyRecords: 500, bytes: 50_000 },
    ...{ largeEvery: 30, largeBytes: 20_000_000 },
  },
];
/** Memory may vary by a twentieth. */
const MOST_GROWTH = 1.05;

/** The heading of the rows. */
export const FLATNESS_HEADING = ["", "records", "RSS MiB", "at the end", "of before", "peak"];

/** Memory of the bridge early in a long topic and at its end: it must not grow with what passes. */
export async function measureFlatness(
  cloud: Cloud,
  { uploadsAtOnce, rows }: { readonly uploadsAtOnce: number; readonly rows: string[][] },
): Promise<Aim[]> {
  const aims: Aim[] = [];
  for (const { name, ...load } of TOPICS) {
    const topic = `bench-${name}`;
    const { records, earlyRecords } = load;
    await fillTopic({ brokers: cloud.brokers, topics: [topic, `${topic}.dlq`], ...load });
    const options = { topic, records, earlyRecords, uploadsAtOnce };
    const run = tell(`bridge ${name}`, await runBridge(cloud, options));
    const { earlyRssMib, lateRssMib, peakRssMib } = run;
    const growth = lateRssMib / earlyRssMib;
    const figures = [earlyRssMib.toFixed(0), lateRssMib.toFixed(0), growth.toFixed(2)];
    const [early, all] = [earlyRecords, records].map((count) => count.toLocaleString("en"));
    rows.push([`bridge ${name}`, `${early} of ${all}`, ...figures, peakRssMib.toFixed(0)]);
    aims.push(atMost(MOST_GROWTH, `${name}_rss_growth`, growth));
  }
  return aims;
}
