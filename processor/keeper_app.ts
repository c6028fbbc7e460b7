import type { AppError } from "@tintype/core/errors";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { Log, LogFields } from "@tintype/core/ports/log";
import type { Certificate, CertificatePlace } from "@tintype/core/retention/certificate";
import { keepDays, type KeepDaysPorts } from "@tintype/core/retention/keep_days";
import { repairImages, type RepairPorts } from "@tintype/core/retention/repair_images";
import { settleErasures, type SettleErasuresPorts } from "@tintype/core/retention/settle_erasures";
import { sweepExpired, type SweepPorts } from "@tintype/core/retention/sweep_expired";
import type { Hono, MiddlewareHandler } from "hono";
import { performance } from "node:perf_hooks";
import type { CallerVerifier } from "./adapters/oidc_verifier.ts";
import { describeError } from "./describe_error.ts";
import { createServerApp, requireCaller } from "./server_app.ts";
import type { KeeperMetrics } from "./telemetry/keeper_metrics.ts";

/** Everything that the keeper's jobs need. */
export type KeeperPorts = SweepPorts & SettleErasuresPorts & RepairPorts & KeepDaysPorts;

/** What the keeper's HTTP surface is made of. */
export interface KeeperAppOptions {
  readonly ports: KeeperPorts;
  readonly log: Log;
  readonly metrics: KeeperMetrics;
  readonly verify: CallerVerifier;
  /** Base address that tokens name as their audience, without a slash at the end. */
  readonly audience: string;
  readonly schedulerServiceAccount: string;
  readonly isReady: () => boolean;
  /** Aborts what is under way: the end of the process. */
  readonly signal: AbortSignal;
}

const JOB_TIMEOUT_MS = 170_000; // less than the scheduler's attempt deadline of 180 s
/** With fewer days ahead that have a salt, somebody must look. */
const MIN_DAYS_AHEAD = 7;

/** The keeper's HTTP surface: jobs from Cloud Scheduler and operators, health, metrics. */
export function createKeeperApp(options: KeeperAppOptions): Hono {
  const { ports, log, metrics } = options;
  const app = createServerApp(options);
  app.use("/jobs/*", requireCaller(options, options.schedulerServiceAccount));
  const sweep = async (call: CallOptions) => {
    const onRefusal = (refusal: AppError) => log.error("purge_refused", describeError(refusal));
    const certificate = await sweepExpired(ports, { ...call, onRefusal });
    metrics.swept(certificate);
    return certificate;
  };
  const settle = async (call: CallOptions) => {
    const settled = await settleErasures(ports, call);
    metrics.settled(settled);
    return settled;
  };
  const days = async (call: CallOptions) => {
    const kept = await keepDays(ports, call);
    metrics.daysAhead(kept.ahead);
    if (kept.ahead < MIN_DAYS_AHEAD) log.error("days_missing", { ahead: kept.ahead });
    return kept;
  };
  const fields = (done: object) => ({ ...done }) as LogFields; // counts alone
  app.post("/jobs/sweep", job(options, { name: "sweep", run: sweep, fieldsOf: totalsOf }));
  app.post("/jobs/erasures", job(options, { name: "erasures", run: settle, fieldsOf: fields }));
  app.post("/jobs/days", job(options, { name: "days", run: days, fieldsOf: fields }));
  const repair = (call: CallOptions) => repairImages(ports, call);
  app.post("/jobs/repair", job(options, { name: "repair", run: repair, fieldsOf: fields }));
  return app;
}

/** A job, and what of its result is logged. */
interface Job<Done> {
  readonly name: string;
  readonly run: (call: CallOptions) => Promise<Done>;
  readonly fieldsOf: (done: Done) => LogFields;
}

function job<Done extends object>(
  { log, metrics, signal }: KeeperAppOptions,
  { name, run, fieldsOf }: Job<Done>,
): MiddlewareHandler {
  return async (c) => {
    const startMs = performance.now();
    const until = AbortSignal.any([signal, AbortSignal.timeout(JOB_TIMEOUT_MS)]);
    const done = await run({ signal: until }).catch((error) => {
      metrics.jobEnded(name, "failed");
      throw error;
    });
    metrics.jobEnded(name, "done");
    log.info("job", { job: name, ms: Math.round(performance.now() - startMs), ...fieldsOf(done) });
    return c.json(done);
  };
}

/** What a certificate says of all stores together; `overdue` is what alerts look at. */
function totalsOf({ n, complete, places }: Certificate): LogFields {
  const sum = (count: (place: CertificatePlace) => number) =>
    places.reduce((total, place) => total + count(place), 0);
  return {
    certificate: n,
    complete,
    lookedAt: sum(({ lookedAt }) => lookedAt),
    deleted: sum(({ deleted }) => deleted),
    overdue: sum(({ overdue }) => overdue),
    foreign: sum(({ foreign }) => foreign),
  };
}
