import type { Timings } from "@tintype/core/model/manifest";
import type { ProcessOutcome } from "@tintype/core/processing/process_ports";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** The processor's Prometheus metrics; labels are words of closed lists, never an id. */
export type ProcessorMetrics = ReturnType<typeof createMetrics>;

const STAGES = ["queue", "probe", "fetch", "decode", "renditions", "insights", "store", "total"];
const STAGE_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** Makes the metrics; `underWay` is asked at each scrape. */
export function createMetrics(underWay: () => number) {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: readonly string[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, collect = () => {}) =>
    new Gauge({ name, help, collect, registers });
  const histogram = (name: string, help: string, ...labelNames: readonly string[]) =>
    new Histogram({ name, help, labelNames, buckets: STAGE_BUCKETS_S, registers });
  const running = gauge(
    "tintype_processor_deliveries_under_way",
    "Deliveries that hold a slot or wait for one",
    () => running.set(underWay()),
  );
  const deliveries = counter(
    "tintype_processor_deliveries_total",
    "Deliveries by what came of them; diverted, delayed and repeated ones come again",
    "outcome",
  );
  const rejections = counter(
    "tintype_processor_rejections_total",
    "Images found wanting, by reason",
    "reason",
  );
  const stages = histogram(
    "tintype_processor_stage_seconds",
    "Seconds of each stage; queue is the time from the end of the upload to the start",
    "stage",
  );
  const waits = histogram(
    "tintype_processor_wait_seconds",
    "Seconds that a delivery waited in its request for a slot",
  );
  return {
    /** What `/metrics` answers. */
    text: () => registry.metrics(),
    contentType: registry.contentType,
    delivered(outcome: ProcessOutcome, waitMs: number): void {
      waits.observe(waitMs / 1_000);
      const isDone = outcome.outcome === "done";
      deliveries.inc({ outcome: isDone ? outcome.manifest.status : outcome.outcome });
      if (!isDone) return;
      const { status, reason, timings } = outcome.manifest;
      if (status === "rejected" && reason !== undefined) rejections.inc({ reason });
      for (const stage of STAGES) {
        const ms = timings[`${stage}Ms` as keyof Timings]; // each stage of the list is one of Timings
        if (ms !== undefined) stages.observe({ stage }, ms / 1_000);
      }
    },
    /** A delivery that comes again: from a slow lane, after 429, or after 503. */
    putOff: (outcome: "diverted" | "delayed" | "repeated") => deliveries.inc({ outcome }),
  };
}
