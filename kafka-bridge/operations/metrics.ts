import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { PartitionLag } from "../ports.ts";

/** What the metrics ask at each scrape. */
interface MetricsSources {
  readonly inFlight: () => number;
  readonly lags: () => readonly PartitionLag[];
  readonly isCircuitOpen: () => boolean;
  /** When the oldest result was published that is not written, in milliseconds since the epoch. */
  readonly oldestResultMs: () => number | undefined;
}

/** Makes the metrics; the sources are asked at each scrape. */
export function createMetrics(sources: MetricsSources) {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    records: new Counter({
      name: "tintype_bridge_records_total",
      help: "Records that became durable, by outcome",
      labelNames: ["outcome"],
      registers,
    }),
    bytes: new Counter({
      name: "tintype_bridge_bytes_total",
      help: "Bytes of values that became durable",
      registers,
    }),
    refusals: new Counter({
      name: "tintype_bridge_refusals_total",
      help: "Dead letters, by reason",
      labelNames: ["reason"],
      registers,
    }),
    retries: new Counter({
      name: "tintype_bridge_retries_total",
      help: "Tries that were repeated, by what stood in the way",
      labelNames: ["what"],
      registers,
    }),
    recordsLost: new Counter({
      name: "tintype_bridge_records_lost_total",
      help: "Offsets that Kafka deleted before they were read",
      labelNames: ["topic"],
      registers,
    }),
    uploadSeconds: new Histogram({
      name: "tintype_bridge_upload_seconds",
      help: "Seconds from the start of an upload to its end",
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
    inFlightBytes: new Gauge({
      name: "tintype_bridge_in_flight_bytes",
      help: "Bytes of values in flight",
      registers,
      collect() {
        this.set(sources.inFlight());
      },
    }),
    commits: new Counter({
      name: "tintype_bridge_commits_total",
      help: "Commits of a partition's offset, by whether the group took them",
      labelNames: ["outcome"],
      registers,
    }),
    lag: new Gauge({
      name: "tintype_bridge_lag_records",
      help: "Records of a held partition that are not durable yet",
      labelNames: ["topic", "partition"],
      registers,
      collect() {
        this.reset();
        for (const { topic, partition, lag } of sources.lags()) {
          this.set({ topic, partition: String(partition) }, Number(lag));
        }
      },
    }),
    results: new Counter({
      name: "tintype_bridge_results_total",
      help: "Records of images that were pulled and acknowledged, by what became of them",
      labelNames: ["outcome"],
      registers,
    }),
    oldestResult: new Gauge({
      name: "tintype_bridge_results_oldest_seconds",
      help: "Age of the oldest record that was pulled and is not among the results yet",
      registers,
      collect() {
        const publishedMs = sources.oldestResultMs();
        this.set(publishedMs === undefined ? 0 : (Date.now() - publishedMs) / 1_000);
      },
    }),
    circuitOpen: new Gauge({
      name: "tintype_bridge_circuit_open",
      help: "1 while storage takes nothing and consumption is paused",
      registers,
      collect() {
        this.set(sources.isCircuitOpen() ? 1 : 0);
      },
    }),
  };
}

/** The bridge's Prometheus metrics. */
export type BridgeMetrics = ReturnType<typeof createMetrics>;
