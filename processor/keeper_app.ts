import {
  type ErasedPerson,
  erasePerson,
  type ErasePersonPorts,
} from "@tintype/core/ingest/erase_person";
import {
  type ExportedPage,
  exportPerson,
  type ExportPersonPorts,
} from "@tintype/core/ingest/export_person";
import { SHARDS } from "@tintype/core/model/object_name";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { Log, LogFields } from "@tintype/core/ports/log";
import { rebuildRows, type RebuildRowsPorts } from "@tintype/core/processing/rebuild_rows";
import { replayImages, type ReplayImagesPorts } from "@tintype/core/processing/replay_images";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import {
  type Certificate,
  type CertificatePlace,
  signedText,
} from "@tintype/core/retention/certificate";
import {
  type DescribedImage,
  type DescribeImagePorts,
  describeImages,
} from "@tintype/core/retention/describe_image";
import { keepDays, type KeepDaysPorts } from "@tintype/core/retention/keep_days";
import { imageOf, type Refusal } from "@tintype/core/retention/purge_bucket";
import { repairImages, type RepairPorts } from "@tintype/core/retention/repair_images";
import { settleErasures, type SettleErasuresPorts } from "@tintype/core/retention/settle_erasures";
import { sweepExpired, type SweepPorts } from "@tintype/core/retention/sweep_expired";
import { type SweepPart, sweepPart, type SweptPart } from "@tintype/core/retention/sweep_part";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { performance } from "node:perf_hooks";
import type { CallerVerifier } from "./adapters/oidc_verifier.ts";
import { describeError } from "./describe_error.ts";
import {
  eraseSchema,
  exportListSchema,
  exportSchema,
  idEndOf,
  imageSchema,
  readBody,
  rebuildSchema,
  repairSchema,
  replaySchema,
} from "./keeper_requests.ts";
import { createServerApp, requireCaller } from "./server_app.ts";
import type { KeeperMetrics } from "./telemetry/keeper_metrics.ts";

/** Everything that the keeper's jobs need. */
export type KeeperPorts =
  & SweepPorts
  & SettleErasuresPorts
  & RepairPorts
  & RebuildRowsPorts
  & ReplayImagesPorts
  & DescribeImagePorts
  & KeepDaysPorts
  & ErasePersonPorts
  & ExportPersonPorts;

/** What the keeper's HTTP surface is made of. */
export interface KeeperAppOptions {
  readonly ports: KeeperPorts;
  readonly log: Log;
  readonly metrics: KeeperMetrics;
  readonly verify: CallerVerifier;
  /** Base address that tokens name as their audience, without a slash at the end. */
  readonly audience: string;
  readonly schedulerServiceAccount: string;
  /** Its own, by which one instance has another sweep a part. */
  readonly keeperServiceAccount: string;
  /** How many parts a sweep has. */
  readonly sweepParts: number;
  /** Has another instance sweep a part. */
  readonly sweepElsewhere: SweepPart;
  readonly isReady: () => boolean;
  /** Aborts what is under way: the end of the process. */
  readonly signal: AbortSignal;
}

/** Less than the scheduler's attempt deadlines of 3 and 30 minutes. */
const JOB_TIMEOUT_MS = 170_000;
const LONG_JOB_TIMEOUT_MS = 1_740_000;
const { sourceMs, segmentMs } = RETENTION_BOUNDS.kafka;
const KAFKA_MS = sourceMs + segmentMs;
/** With fewer days ahead that have a salt, somebody must look. */
const MIN_DAYS_AHEAD = 7;

/** The keeper's HTTP surface: jobs from Cloud Scheduler and operators, health, metrics. */
export function createKeeperApp(options: KeeperAppOptions): Hono {
  const { ports, log, metrics, sweepParts: parts, sweepElsewhere } = options;
  const app = createServerApp(options);
  const onRefusal = (refusal: Refusal) => log.error("purge_refused", describeRefusal(refusal));
  const onMissing = (shards: readonly string[], error: unknown) =>
    log.error("sweep_part_missing", { shards: shards.join(""), ...describeError(error) });
  const sweep = async (call: CallOptions) => {
    const own = { parts, sweepElsewhere, onRefusal, onMissing };
    const certificate = await sweepExpired(ports, { ...call, ...own });
    metrics.swept(certificate);
    return certificate;
  };
  const sweepShards = async (call: CallOptions, c: Context) => {
    const named = c.req.param("shards") ?? "";
    return await sweepPart(ports, {
      shards: SHARDS.filter((shard) => named.includes(shard)),
      onRefusal,
      ...call,
    });
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
  const repair = async (call: CallOptions, c: Context) => {
    const body = await readBody(c, repairSchema, "repair");
    const { since: sinceMs, failed: hasFailed, dryRun: isDryRun = false, shards } = body;
    const repaired = await repairImages(ports, { sinceMs, shards, hasFailed, isDryRun, ...call });
    if (!isDryRun) metrics.repaired(repaired);
    if (!repaired.isAgeKnown) log.error("queue_age_unknown");
    return { ...repaired, isDryRun };
  };
  /** Called by people alone. Whose images they are is in no log. */
  const erase = {
    name: "erase",
    run: async (call: CallOptions, c: Context) => {
      const { dryRun: isDryRun, ...whose } = await readBody(c, eraseSchema, "erase");
      const erased = await erasePerson(ports, { ...whose, isDryRun, kafkaMs: KAFKA_MS, ...call });
      return { ...erased, isDryRun };
    },
    fieldsOf: ({ images, requested, isDryRun }: ErasedPerson & { readonly isDryRun: boolean }) => (
      { images: images.length, requested, isDryRun }
    ),
  };
  /** As `erase`: called by people alone, and whose images they are is in no log. */
  const exporting = {
    name: "export",
    run: async (call: CallOptions, c: Context) => {
      const whose = await readBody(c, exportSchema, "export");
      return await exportPerson(ports, { ...whose, kafkaMs: KAFKA_MS, ...call });
    },
    fieldsOf: ({ images, page }: ExportedPage) => ({ images, page: page.length }),
  };
  const exportList = {
    name: "export-list",
    run: async (_: CallOptions, c: Context) => {
      const list = await readBody(c, exportListSchema, "sign the list of an export");
      const signedAt = new Date(ports.clock.now()).toISOString();
      return await signedText({ version: 1, document: "export", signedAt, ...list }, ports.sign);
    },
    fieldsOf: () => ({}),
  };
  const image = {
    name: "image",
    run: async (call: CallOptions, c: Context) => {
      const asked = await readBody(c, imageSchema, "describe image");
      const { imageId, tenant } = asked;
      const idEnd = await idEndOf(asked);
      return { images: await describeImages(ports, { imageId, idEnd, tenant, ...call }) };
    },
    fieldsOf: ({ images }: { readonly images: readonly DescribedImage[] }) => ({
      images: images.length,
      left: images.map(({ left }) => left).join(),
    }),
  };
  const fields = (done: object) => ({ ...done }) as LogFields; // counts alone
  const replay = {
    name: "replay",
    run: async (call: CallOptions, c: Context) => {
      const body = await readBody(c, replaySchema, "replay");
      const { since: sinceMs, before: beforeMs, version: notVersion, dryRun, ...order } = body;
      const ordered = { ...order, sinceMs, beforeMs, notVersion, isDryRun: dryRun };
      return { ...await replayImages(ports, { ...ordered, ...call }), isDryRun: dryRun };
    },
    fieldsOf: fields,
    timeoutMs: LONG_JOB_TIMEOUT_MS,
  };
  const rebuild = {
    name: "rebuild-rows",
    run: async (call: CallOptions, c: Context) => {
      const { days, dryRun: isDryRun } = await readBody(c, rebuildSchema, "rebuild rows");
      return { ...await rebuildRows(ports, { days, isDryRun, ...call }), isDryRun };
    },
    fieldsOf: fields,
    timeoutMs: LONG_JOB_TIMEOUT_MS,
  };
  const scheduled = requireCaller(options, options.schedulerServiceAccount);
  const ofSweep = { ...options, path: "/jobs/sweep" };
  const itself = requireCaller(ofSweep, options.keeperServiceAccount);
  const add = <Done extends object>(one: Job<Done>) =>
    app.post(`/jobs/${one.name}`, scheduled, job(options, one));
  add({ name: "sweep", run: sweep, fieldsOf: totalsOf });
  add({ name: "erasures", run: settle, fieldsOf: fields });
  add({ name: "days", run: days, fieldsOf: fields });
  add({ name: "repair", run: repair, fieldsOf: fields, timeoutMs: LONG_JOB_TIMEOUT_MS });
  add(erase);
  add(exporting);
  add(exportList);
  add(replay);
  add(rebuild);
  add(image);
  const part = { name: "sweep_part", run: sweepShards, fieldsOf: partTotalsOf };
  app.post("/jobs/sweep/:shards{[a-z2-7]{1,32}}", itself, job(options, part));
  return app;
}

/** A job, and what of its result is logged. */
interface Job<Done> {
  readonly name: string;
  readonly run: (call: CallOptions, context: Context) => Promise<Done>;
  readonly fieldsOf: (done: Done) => LogFields;
  readonly timeoutMs?: number;
}

function job<Done extends object>(
  { log, metrics, signal }: KeeperAppOptions,
  { name, run, fieldsOf, timeoutMs = JOB_TIMEOUT_MS }: Job<Done>,
): MiddlewareHandler {
  return async (c) => {
    const startMs = performance.now();
    const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const done = await run({ signal: until }, c).catch((error) => {
      metrics.jobEnded(name, "failed");
      throw error;
    });
    metrics.jobEnded(name, "done");
    log.info("job", { job: name, ms: Math.round(performance.now() - startMs), ...fieldsOf(done) });
    return c.json(done);
  };
}

/** An object by what its name holds: ids, and which of the image's objects it is. */
function describeRefusal({ bucket, name, error }: Refusal): LogFields {
  const ref = imageOf(bucket, name);
  const { imageId, tenant, owner } = ref ?? {};
  return {
    bucket,
    imageId,
    tenant,
    owner,
    object: name.split("/").at(-1),
    ...describeError(error),
  };
}

/** What a certificate says of all stores together; `overdue` is what alerts look at. */
function totalsOf({ n, complete, missingShards, places }: Certificate): LogFields {
  const sum = (count: (place: CertificatePlace) => number) =>
    places.reduce((total, place) => total + count(place), 0);
  return {
    certificate: n,
    complete,
    missingShards: missingShards.length,
    lookedAt: sum(({ lookedAt }) => lookedAt),
    deleted: sum(({ deleted }) => deleted),
    overdue: sum(({ overdue }) => overdue),
    foreign: sum(({ foreign }) => foreign),
  };
}

function partTotalsOf(part: SweptPart): LogFields {
  const buckets = Object.values(part);
  const sum = (count: "lookedAt" | "deleted" | "refused") =>
    buckets.reduce((total, bucket) => total + bucket[count], 0);
  return { lookedAt: sum("lookedAt"), deleted: sum("deleted"), refused: sum("refused") };
}
