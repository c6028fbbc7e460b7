import { AppError } from "@tintype/core/errors";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { Log, LogFields } from "@tintype/core/ports/log";
import { markFailed } from "@tintype/core/processing/mark_failed";
import { processImage } from "@tintype/core/processing/process_image";
import type { ProcessImagePorts } from "@tintype/core/processing/process_ports";
import { reconcile } from "@tintype/core/processing/reconcile";
import type { Certificate, CertificatePlace } from "@tintype/core/retention/certificate";
import { sweepExpired, type SweepPorts } from "@tintype/core/retention/sweep_expired";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { performance } from "node:perf_hooks";
import type { CallerVerifier } from "./adapters/oidc_verifier.ts";
import type { DeliveryQueue } from "./delivery_queue.ts";
import { describeError } from "./describe_error.ts";
import { type DeliveryWork, handlePush, type PushPorts } from "./push.ts";
import { problemOf } from "./problem.ts";
import type { ProcessorMetrics } from "./telemetry/metrics.ts";

/** What the processor's HTTP surface is made of. */
export interface AppOptions {
  readonly ports: ProcessImagePorts & SweepPorts;
  readonly log: Log;
  readonly metrics: ProcessorMetrics;
  readonly queue: DeliveryQueue;
  readonly verify: CallerVerifier;
  /** Base address that tokens name as their audience, without a slash at the end. */
  readonly audience: string;
  readonly pushServiceAccount: string;
  readonly schedulerServiceAccount: string;
  readonly rawBucket: string;
  /** Whether the pixel processes are warm. */
  readonly isReady: () => boolean;
  /** Aborts what is under way: the end of the process. */
  readonly signal: AbortSignal;
}

const MAX_BODY_BYTES = 1024 * 1024;
const DELIVERY_TIMEOUT_MS = 480_000; // with the queue's longest wait still less than the ack deadline of 600 s
const JOB_TIMEOUT_MS = 170_000; // less than the scheduler's attempt deadline of 180 s

/** The processor's HTTP surface: pushes from Pub/Sub, jobs from Cloud Scheduler, health, metrics. */
export function createApp(options: AppOptions): Hono {
  const { ports, log, metrics, isReady } = options;
  const app = new Hono();
  app.onError((error, c) => problemOf(error, c, log));
  app.notFound((c) => problemOf(new AppError("not_found", "There is nothing here"), c, log));
  app.get(
    "/healthz",
    (c) => c.json({ status: isReady() ? "ready" : "starting" }, isReady() ? 200 : 503),
  );
  app.get(
    "/metrics",
    async (c) => c.body(await metrics.text(), 200, { "Content-Type": metrics.contentType }),
  );

  app.use("/events/*", requireCaller(options, options.pushServiceAccount));
  app.post("/events/storage", ...push(options, (...call) => processImage(ports, ...call)));
  app.post("/events/dead", ...push(options, (...call) => markFailed(ports, ...call)));

  app.use("/jobs/*", requireCaller(options, options.schedulerServiceAccount));
  const sweep = async (call: CallOptions) => {
    const onRefusal = (refusal: AppError) => log.error("purge_refused", describeError(refusal));
    const certificate = await sweepExpired(ports, { ...call, onRefusal });
    metrics.swept(certificate);
    return certificate;
  };
  app.post("/jobs/retention", job(options, { name: "retention", run: sweep, fieldsOf: totalsOf }));
  const repair = (call: CallOptions) => reconcile(ports, call);
  app.post(
    "/jobs/reconcile",
    job(options, { name: "reconcile", run: repair, fieldsOf: (done) => ({ ...done }) }),
  );
  return app;
}

/** Lets a call through whose token is the service account's and was made for exactly this path. */
function requireCaller({ verify, audience }: AppOptions, email: string): MiddlewareHandler {
  return async (c, next) => {
    await verify(c.req.header("authorization"), { audience: audience + c.req.path, email });
    await next();
  };
}

function push(options: AppOptions, work: DeliveryWork): [MiddlewareHandler, MiddlewareHandler] {
  const ports: PushPorts = { ...options, timeoutMs: DELIVERY_TIMEOUT_MS };
  const tooLarge = () => {
    // It would never get smaller: acknowledged, and told in the log.
    options.log.error("push_unreadable", { error: "too_large", maxBytes: MAX_BODY_BYTES });
    return new Response(null, { status: 204 });
  };
  return [
    bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }),
    async (c) => c.body(null, await handlePush(ports, await c.req.text(), work)),
  ];
}

/** A job, and what of its result is logged. */
interface Job<Done> {
  readonly name: string;
  readonly run: (call: CallOptions) => Promise<Done>;
  readonly fieldsOf: (done: Done) => LogFields;
}

function job<Done extends object>(
  { log, metrics, signal }: AppOptions,
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

/** What a certificate says of all places together; `overdue` is what alerts look at. */
function totalsOf({ n, complete, markers, places }: Certificate): LogFields {
  const sum = (count: (place: CertificatePlace) => number) =>
    places.reduce((total, place) => total + count(place), 0);
  return {
    certificate: n,
    complete,
    markers: markers.live,
    lookedAt: sum(({ lookedAt }) => lookedAt),
    deleted: sum(({ deleted }) => deleted),
    overdue: sum(({ overdue }) => overdue),
    foreign: sum(({ foreign }) => foreign),
  };
}
