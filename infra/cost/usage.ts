/**
 * How much of each price's units a month uses. Every request that code makes for an image is counted here once; what is
 * asked for and not there (404) is free at Cloud Storage, so only what is found counts as class B.
 */
import { FIGURES, meanCpuMs, type Profile, PROFILES } from "./facts.ts";

/** What a bill is for. */
export interface Load {
  readonly imagesPerDay: number;
  readonly profile: Profile;
  /** Whether Cloud CDN stands in front of renditions. */
  readonly hasCdn: boolean;
  /** Webhooks sent an image. */
  readonly webhookShare: number;
  /** Bytes that clients fetch of an image whose renditions have one form. */
  readonly viewedBytes: number;
  /** Whether renditions are negotiated: kept as AVIF, too. */
  readonly hasTwoForms: boolean;
}

/** Price id → its units, a month. */
type Usage = Readonly<Record<string, number>>;

const DAYS = 30;
const HOURS = 730;
const S_OF_MONTH = DAYS * 86_400;
/** Names that a list returns. */
const PAGE = 1_000;
/** Objects of a processed image: three renditions and the manifest. */
const PROCESSED_OBJECTS = FIGURES.writesPerImage;
/** Objects that an erasure writes: request, `erasing/…`, receipt. */
const ERASURE_WRITES = 3;
/** Lists that a receipt takes. */
const ERASURE_LISTS = 2;
/** Subscriptions beside BigQuery's that each record is delivered to or filtered out for: webhooks, results, the edge. */
const RECORD_SUBSCRIPTIONS = 3;
/** Bytes of a row that a statement reads: T0 alone, T0 and status, what names an erased image, what a view shows. */
const BYTES_READ = { t0: 8, status: 16, tombstone: 72, view: 100 };
const RUNS_A_DAY = { erasures: 96, repair: 144, hourly: 24 };
/** Two members, so that one may go; more where the peak asks for them. */
const MIN_BRIDGE_MEMBERS = 2;
const KAFKA_ZONES = 3;
const KEY_VERSIONS = 10;
const SCHEDULER_JOBS = 4;

/** What a month of 30 days uses. */
export function usageOf(load: Load): Usage {
  return {
    ...edgeUsage(load),
    ...storageUsage(load),
    ...keyUsage(load),
    ...messageUsage(load),
    ...serviceUsage(load),
    ...bigqueryUsage(load),
    ...egressUsage(load),
    ...logUsage(load),
    ...bridgeUsage(load),
  };
}

/** Images of the month, those of them that come through the edge, GET requests, erasures. */
function countsOf({ imagesPerDay, webhookShare }: Load) {
  const images = imagesPerDay * DAYS;
  return {
    images,
    throughEdge: images * (1 - FIGURES.kafkaShare),
    reads: images * FIGURES.readsPerUpload,
    erasures: images * FIGURES.erasedShare,
    webhooks: images * webhookShare,
  };
}

function edgeUsage(load: Load): Usage {
  const { throughEdge, reads, erasures } = countsOf(load);
  const counted = throughEdge + erasures;
  // An erasure is asked for once and looked at once.
  return {
    "workers.plan": 1,
    "workers.request": throughEdge + reads + erasures * 2,
    "workers.cpu": counted * FIGURES.edgeCpuMsUpload + (reads + erasures) * FIGURES.edgeCpuMsRead,
    "quota.request": counted,
    // An object of 128 MB that is busy for some 10 ms a reservation.
    "quota.duration": counted * 0.01 * 0.128,
    "quota.rows": counted,
  };
}

function storageUsage(load: Load): Usage {
  const { images, throughEdge, erasures } = countsOf(load);
  const { isRawPaired } = PROFILES[load.profile];
  const rawWrites = throughEdge * FIGURES.rawWritesEdge + (images - throughEdge);
  const lists = listsOf(load);
  const raw = rawWrites + lists.raw;
  const paired = processedWrites(load) + lists.paired +
    erasures * (ERASURE_WRITES + ERASURE_LISTS);
  const rawBytes = images * FIGURES.rawBytes;
  const forms = 1 + (load.hasTwoForms ? FIGURES.avifBytesShare : 0);
  const renditionBytes = images * FIGURES.renditionBytes * forms;
  const pairedBytes = renditionBytes + (isRawPaired ? rawBytes : 0);
  const kept = FIGURES.keptDays / DAYS;
  return {
    "storage.region": isRawPaired ? 0 : rawBytes * kept,
    "storage.pair": pairedBytes * kept,
    "storage.replication": pairedBytes,
    "class_a.region": isRawPaired ? 0 : raw,
    "class_a.pair": paired + (isRawPaired ? raw : 0),
    "class_b": images * (FIGURES.readsPerImage + FIGURES.readsPerUpload) + fetchesOf(load),
  };
}

/** Objects that the processor writes: the manifest and each rendition, in both forms where it has two. */
function processedWrites(load: Load): number {
  const second = load.hasTwoForms ? PROCESSED_OBJECTS - 1 : 0;
  return countsOf(load).images * (FIGURES.writesPerImage + second);
}

/** Lists of the keeper: sweeps look at the day that is ending, repair once a day at all that is kept, each at its least. */
function listsOf(load: Load) {
  const { images } = countsOf(load);
  const least = FIGURES.sweepLeastLists * FIGURES.sweepsPerDay * DAYS;
  const sweeps = Math.max(images * FIGURES.sweepListsPerImage, least);
  const repair = images * FIGURES.keptDays * (1 + PROCESSED_OBJECTS) / PAGE;
  const erasures = RUNS_A_DAY.erasures * FIGURES.erasureLeastLists * DAYS;
  const rawShare = 1 / (1 + PROCESSED_OBJECTS);
  return {
    raw: (sweeps + repair) * rawShare,
    paired: (sweeps + repair) * (1 - rawShare) + erasures,
  };
}

/** Renditions that are read from the bucket: each view, or each rendition once where a cache holds it then. */
function fetchesOf(load: Load): number {
  return countsOf(load).images *
    (load.hasCdn ? PROCESSED_OBJECTS - 1 : FIGURES.viewedObjects);
}

function keyUsage(load: Load): Usage {
  const { images, erasures } = countsOf(load);
  if (!PROFILES[load.profile].hasOwnKeys) return { "kms.operation": 0, "kms.version": 0 };
  // Each write and each read of contents wraps or opens one object's key: header and bytes of the raw object, manifests, renditions.
  const opened = images * (2 + FIGURES.readsPerUpload) + fetchesOf(load);
  return {
    "kms.operation": images + processedWrites(load) + opened + erasures * ERASURE_WRITES,
    "kms.version": KEY_VERSIONS,
  };
}

function messageUsage(load: Load): Usage {
  const { images, erasures, webhooks } = countsOf(load);
  const events = images * (1 + FIGURES.repairedShare) + erasures;
  const records = images + erasures;
  return {
    "pubsub.delivery": events * FIGURES.eventBytes * 2 + (records * (1 + RECORD_SUBSCRIPTIONS) +
          webhooks * 2) * FIGURES.recordBytes,
    "pubsub.bigquery": records * FIGURES.recordBytes,
  };
}

function serviceUsage(load: Load): Usage {
  const { images, erasures, webhooks } = countsOf(load);
  const deliveries = images * (1 + FIGURES.repairedShare);
  const cpuMs = meanCpuMs() + (load.hasTwoForms ? FIGURES.avifCpuMs : 0);
  const processorS = deliveries * cpuMs / 1000 / FIGURES.utilization;
  // One vCPU and one GiB; a sweep takes as long as it has names to list, and two seconds at least.
  const sweepS = Math.max(2, FIGURES.sweepS * load.imagesPerDay / 1e6);
  const keeperS = Math.min(sweepS * FIGURES.sweepsPerDay * DAYS, 32 * S_OF_MONTH);
  // One vCPU and half a GiB; a push of each record, and of each webhook.
  const pushes = images + erasures + webhooks;
  const dispatcherS = pushes * FIGURES.webhookCpuMs / 1000 / FIGURES.utilization;
  return {
    "run.cpu": processorS + keeperS + dispatcherS,
    "run.memory": processorS * FIGURES.memoryGib / FIGURES.vcpus + keeperS + dispatcherS / 2,
    "run.request": deliveries + erasures + pushes,
    "scheduler.job": SCHEDULER_JOBS,
  };
}

/**
 * A DELETE reads what it names of the hours that it looks at, and all columns of each hour in which it changes a row. Erasures
 * are one statement a run, over as many hours as the erased images of a quarter of an hour lie in.
 */
function bigqueryUsage({ imagesPerDay }: Load): Usage {
  const hours = FIGURES.keptDays * 24;
  const rows = imagesPerDay * FIGURES.keptDays;
  const hour = imagesPerDay * FIGURES.rowBytes / 24;
  const due = imagesPerDay * FIGURES.erasedShare / RUNS_A_DAY.erasures;
  const changedHours = hours * (1 - Math.exp(-due / hours));
  const isDue = 1 - Math.exp(-due);
  const aDay = FIGURES.sweepsPerDay * (hour / 2 + rows * BYTES_READ.t0) +
    RUNS_A_DAY.hourly * hour / 2 +
    RUNS_A_DAY.repair * rows * BYTES_READ.status +
    RUNS_A_DAY.erasures * (isDue * rows * BYTES_READ.tombstone + changedHours * hour) +
    (FIGURES.dashboardQueries + RUNS_A_DAY.hourly) * rows * BYTES_READ.view;
  return { "bigquery.storage": rows * FIGURES.rowBytes, "bigquery.scan": aDay * DAYS };
}

function egressUsage(load: Load): Usage {
  const { images, webhooks } = countsOf(load);
  const saved = load.hasTwoForms ? FIGURES.avifReaders * (1 - FIGURES.avifBytesShare) : 0;
  const viewed = images * load.viewedBytes * (1 - saved);
  // The edge, which is not Google's, reads manifests; webhooks go to whoever asked for them.
  const beside = images * FIGURES.readsPerUpload * FIGURES.manifestBytes +
    webhooks * FIGURES.recordBytes;
  const isCached = load.hasCdn ? 1 : 0;
  return {
    "egress.internet": beside + viewed * (1 - isCached),
    "cdn.egress": viewed * isCached,
    "cdn.fill": images * (FIGURES.renditionBytes - FIGURES.manifestBytes) * isCached,
    "cdn.lookup": images * FIGURES.viewedObjects * isCached,
    "cdn.balancer": HOURS * isCached,
  };
}

function logUsage(load: Load): Usage {
  const { images, throughEdge, reads, erasures } = countsOf(load);
  return {
    "logs.cloud": (images + erasures) * (FIGURES.logBytes + FIGURES.auditBytes),
    "logs.workers": throughEdge + reads + erasures * 2,
  };
}

function bridgeUsage({ imagesPerDay }: Load): Usage {
  const records = imagesPerDay * FIGURES.kafkaShare;
  const peakPerS = records / 86_400 * FIGURES.peakFactor;
  // A value of an image is seven times the measured record's 500 kB, and a member is kept half idle.
  const perMember = FIGURES.bridgeRecordsPerS * 500_000 / FIGURES.rawBytes / 2;
  return {
    "bridge.vm": Math.max(MIN_BRIDGE_MEMBERS, Math.ceil(peakPerS / perMember)),
    "bridge.endpoint": KAFKA_ZONES * HOURS,
    "bridge.bytes": records * DAYS * FIGURES.rawBytes,
  };
}
