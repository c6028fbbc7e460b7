import type { Timings } from "@tintype/core/model/manifest";
import type { ProcessOutcome } from "@tintype/core/processing/process_ports";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** The processor's Prometheus metrics; labels are words of closed lists, never an id. */
export interface ProcessorMetrics {
  /** What `/metrics` answers. */
  text(): Promise<string>;
  readonly contentType: string;
  delivered(outcome: ProcessOutcome, waitMs: number): void;
  /** A delivery that was answered 429 or 503, to be brought again. */
  putOff(status: number): void;
}

const STAGES = ["queue", "probe", "fetch", "decode", "renditions", "insights", "store", "total"];
const STAGE_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** Makes the metrics; `underWay` is asked at each scrape. */
export function createMetrics(underWay: () => number): ProcessorMetrics {
  const registry = new Registry();
  const { deliveries, rejections, stages, waits } = deliveryMetrics(registry, underWay);
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    delivered(outcome, waitMs) {
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
    putOff: (status) => deliveries.inc({ outcome: status === 429 ? "delayed" : "repeated" }),
  };
}

function deliveryMetrics(registry: Registry, underWay: () => number) {
  const registers = [registry];
  new Gauge({
    name: "tintype_processor_deliveries_under_way",
    help: "Deliveries that run or wait for a place",
    registers,
    collect() {
      this.set(underWay());
    },
  });
  return {
    deliveries: new Counter({
      name: "tintype_processor_deliveries_total",
      help: "Deliveries by what came of them; delayed and repeated ones come again",
      labelNames: ["outcome"],
      registers,
    }),
    rejections: new Counter({
      name: "tintype_processor_rejections_total",
      help: "Images found wanting, by reason",
      labelNames: ["reason"],
      registers,
    }),
    stages: new Histogram({
      name: "tintype_processor_stage_seconds",
      help: "Seconds of each stage; queue is the time from the end of the upload to the start",
      labelNames: ["stage"],
      buckets: STAGE_BUCKETS_S,
      registers,
    }),
    waits: new Histogram({
      name: "tintype_processor_wait_seconds",
      help: "Seconds that a delivery waited in its request for a place",
      buckets: STAGE_BUCKETS_S,
      registers,
    }),
  };
}
