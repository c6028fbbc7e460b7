import { FIGURES, meanCpuMs, type Price, PRICES } from "./facts.ts";

/** One line of a month's bill. */
interface BillLine {
  readonly price: Price;
  /** In the price's units, a month. */
  readonly usage: number;
  readonly usd: number;
}

/** A month's bill. */
export interface Bill {
  readonly imagesPerDay: number;
  readonly lines: readonly BillLine[];
  /** Part of the system → dollars a month. */
  readonly parts: ReadonlyMap<string, number>;
  readonly usd: number;
  /** Dollars for a million images. */
  readonly usdPerMillion: number;
}

const DAYS = 30;
const GB = 1e9;
const BYTES_OF_T0 = 8;
const BYTES_OF_VIEW = 100;
/** Two members, so that one may go; more where the peak asks for them. */
const MIN_BRIDGE_MEMBERS = 2;

/** The bill of a month of 30 days at so many images a day, free tiers taken off. */
export function billOf(imagesPerDay: number): Bill {
  const usages = usageOf(imagesPerDay);
  const lines = PRICES.map((price) => {
    const usage = usages[price.id];
    if (usage === undefined) throw new TypeError(`Cannot bill ${price.id} as nothing uses it`);
    return { price, usage, usd: Math.max(0, usage - price.free) * price.usd / price.per };
  });
  const parts = new Map<string, number>();
  for (const { price, usd } of lines) parts.set(price.part, (parts.get(price.part) ?? 0) + usd);
  const usd = lines.reduce((sum, line) => sum + line.usd, 0);
  return { imagesPerDay, lines, parts, usd, usdPerMillion: usd / (imagesPerDay * DAYS) * 1e6 };
}

/** What a month uses of each price's units. */
function usageOf(imagesPerDay: number): Readonly<Record<string, number>> {
  const images = imagesPerDay * DAYS;
  const throughEdge = images * (1 - FIGURES.kafkaShare);
  return {
    ...edgeUsage(images, throughEdge),
    ...storageUsage(images),
    ...processingUsage(images),
    ...warehouseUsage(imagesPerDay),
    ...bridgeUsage(imagesPerDay),
    "egress.internet": images * FIGURES.viewedBytes / GB,
    "logs.cloud": images * FIGURES.logBytes,
    "logs.workers": throughEdge + images * FIGURES.readsPerUpload,
  };
}

function edgeUsage(images: number, throughEdge: number) {
  const reads = images * FIGURES.readsPerUpload;
  return {
    "workers.plan": 1,
    "workers.request": throughEdge + reads,
    "workers.cpu": throughEdge * FIGURES.edgeCpuMsUpload +
      reads * FIGURES.edgeCpuMsRead,
    "quota.request": throughEdge,
    // An object of 128 MB that is busy for some 10 ms a reservation.
    "quota.duration": throughEdge * 0.01 * 0.128,
    "quota.rows": throughEdge,
  };
}

function storageUsage(images: number) {
  const reads = images * FIGURES.readsPerUpload;
  const keptBytes = FIGURES.rawBytes + FIGURES.renditionBytes;
  // The edge may list but not read the raw bucket: it finds marker and object by a listing of their names.
  const classA = images * (1 + FIGURES.writesPerImage + FIGURES.sweepListsPerImage) +
    reads * 2;
  const classB = images * (FIGURES.readsPerImage + 1 + FIGURES.viewedObjects) + reads;
  return {
    "storage.month": images * keptBytes / GB * FIGURES.keptDays / DAYS,
    "storage.replication": images * keptBytes / GB,
    "storage.class_a": classA,
    "storage.class_b": classB,
    // Each write and each read of contents wraps or opens one object's key.
    "kms.operation": images * (1 + FIGURES.writesPerImage + 2 + FIGURES.viewedObjects),
    "pubsub.volume": images * FIGURES.eventBytes * 2,
  };
}

function processingUsage(images: number) {
  const busyS = images * meanCpuMs() / 1000 / FIGURES.utilization;
  const memoryPerCpu = FIGURES.memoryGib / FIGURES.vcpus;
  return { "run.cpu": busyS, "run.memory": busyS * memoryPerCpu, "run.request": images };
}

function warehouseUsage(imagesPerDay: number) {
  const rows = imagesPerDay * FIGURES.keptDays;
  // Each sweep deletes and counts, and the hourly statement deletes: each reads one column.
  const statements = FIGURES.sweepsPerDay * 2 + 24;
  return {
    "bigquery.insert": imagesPerDay * DAYS * FIGURES.rowBytes,
    "bigquery.storage": rows * FIGURES.rowBytes / GB,
    "bigquery.scan": DAYS * rows *
      (statements * BYTES_OF_T0 + FIGURES.dashboardQueries * BYTES_OF_VIEW),
  };
}

function bridgeUsage(imagesPerDay: number) {
  const records = imagesPerDay * FIGURES.kafkaShare;
  const peakPerS = records / 86_400 * FIGURES.peakFactor;
  // A value of an image is seven times the measured record's 500 kB, and a member is kept half idle.
  const perMember = FIGURES.bridgeRecordsPerS * 500_000 / FIGURES.rawBytes / 2;
  return {
    "bridge.vm": Math.max(MIN_BRIDGE_MEMBERS, Math.ceil(peakPerS / perMember)),
    "bridge.nat": records * DAYS * FIGURES.rawBytes / GB,
  };
}
