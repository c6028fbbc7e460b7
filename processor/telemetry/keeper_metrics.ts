import type { Certificate } from "@tintype/core/retention/certificate";
import type { SettledErasures } from "@tintype/core/retention/settle_erasures";
import { Counter, Gauge, Registry } from "prom-client";

/** The keeper's Prometheus metrics; labels are words of closed lists, never an id. */
export interface KeeperMetrics {
  /** What `/metrics` returns. */
  text(): Promise<string>;
  readonly contentType: string;
  /** A job's end, and how it ended. */
  jobEnded(job: string, outcome: "done" | "failed"): void;
  swept(certificate: Certificate): void;
  settled(erasures: SettledErasures): void;
  /** How many days after today have a salt. */
  daysAhead(days: number): void;
}

/** Makes the metrics. */
export function createKeeperMetrics(): KeeperMetrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const jobs = new Counter({
    name: "tintype_keeper_jobs_total",
    help: "Jobs by how they ended",
    labelNames: ["job", "outcome"],
    registers,
  });
  const overdue = gauge(
    "tintype_keeper_overdue_items",
    "Objects and rows that the newest sweep found past their end by more than its grace",
  );
  const sweptAt = gauge(
    "tintype_keeper_swept_timestamp_seconds",
    "When this process last ended a sweep, in seconds since 1970",
  );
  const waiting = gauge("tintype_keeper_erasures_waiting", "Erasures without a receipt");
  const late = gauge(
    "tintype_keeper_erasures_overdue",
    "Erasures without a receipt for longer than an erasure may take",
  );
  const days = gauge("tintype_keeper_days_ahead", "Days after today that have a salt");
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    jobEnded: (job, outcome) => jobs.inc({ job, outcome }),
    swept({ places }) {
      overdue.set(places.reduce((sum, place) => sum + place.overdue, 0));
      sweptAt.setToCurrentTime();
    },
    settled(erasures) {
      waiting.set(erasures.waiting);
      late.set(erasures.overdue);
    },
    daysAhead: (ahead) => days.set(ahead),
  };
}
