import type { Certificate } from "@tintype/core/retention/certificate";
import type { Repaired } from "@tintype/core/retention/repair_images";
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
  repaired(repaired: Repaired): void;
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
  const republished = new Counter({
    name: "tintype_keeper_republished_total",
    help: "Events that repair published again, by why",
    labelNames: ["why"],
    registers,
  });
  const shards = new Counter({
    name: "tintype_keeper_repair_shards_total",
    help: "Shards whose names repair has looked at: 32 a day",
    registers,
  });
  const heldBack = gauge(
    "tintype_keeper_repair_held_back",
    "Shards and failed images that the newest repair left, as events of theirs may still wait",
  );
  const oldest = gauge(
    "tintype_keeper_events_oldest_waiting_seconds",
    "How long the oldest event that waits had waited at the newest repair; -1 where that is not known",
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
    repaired(done) {
      republished.inc({ why: "lost" }, done.republished);
      republished.inc({ why: "survived" }, done.survived);
      republished.inc({ why: "failed" }, done.failed);
      shards.inc(done.shards);
      heldBack.set(done.heldBack);
      oldest.set(done.oldestWaitingMs === null ? -1 : done.oldestWaitingMs / 1_000);
    },
    daysAhead: (ahead) => days.set(ahead),
  };
}
