import { ASSUMED, CONFIGURED, meanCpuMs, MEASURED, type Price, PRICES } from "./facts.ts";

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
  const throughEdge = images * (1 - ASSUMED.kafkaShare.value);
  return {
    ...edgeUsage(images, throughEdge),
    ...storageUsage(images),
    ...processingUsage(images),
    ...warehouseUsage(imagesPerDay),
    ...bridgeUsage(imagesPerDay),
    "egress.internet": images * ASSUMED.viewedBytes.value / GB,
    "logs.cloud": images * ASSUMED.logBytes.value,
    "logs.workers": throughEdge + images * ASSUMED.readsPerUpload.value,
  };
}

function edgeUsage(images: number, throughEdge: number) {
  const reads = images * ASSUMED.readsPerUpload.value;
  return {
    "workers.plan": 1,
    "workers.request": throughEdge + reads,
    "workers.cpu": throughEdge * MEASURED.edgeCpuMsUpload.value +
      reads * MEASURED.edgeCpuMsRead.value,
    "quota.request": throughEdge,
    // An object of 128 MB that is busy for some 10 ms a reservation.
    "quota.duration": throughEdge * 0.01 * 0.128,
    "quota.rows": throughEdge,
  };
}

function storageUsage(images: number) {
  const reads = images * ASSUMED.readsPerUpload.value;
  const keptBytes = ASSUMED.rawBytes.value + ASSUMED.renditionBytes.value;
  // The edge may list but not read the raw bucket: it finds marker and object by a listing of their names.
  const classA = images * (1 + MEASURED.writesPerImage.value + MEASURED.sweepListsPerImage.value) +
    reads * 2;
  const classB = images * (MEASURED.readsPerImage.value + 1 + ASSUMED.viewedObjects.value) + reads;
  return {
    "storage.month": images * keptBytes / GB * CONFIGURED.keptDays.value / DAYS,
    "storage.replication": images * keptBytes / GB,
    "storage.class_a": classA,
    "storage.class_b": classB,
    // Each write and each read of contents wraps or opens one object's key.
    "kms.operation": images * (1 + MEASURED.writesPerImage.value + 2 + ASSUMED.viewedObjects.value),
    "pubsub.volume": images * ASSUMED.eventBytes.value * 2,
  };
}

function processingUsage(images: number) {
  const busyS = images * meanCpuMs() / 1000 / ASSUMED.utilization.value;
  const memoryPerCpu = CONFIGURED.memoryGib.value / CONFIGURED.vcpus.value;
  return { "run.cpu": busyS, "run.memory": busyS * memoryPerCpu, "run.request": images };
}

function warehouseUsage(imagesPerDay: number) {
  const rows = imagesPerDay * CONFIGURED.keptDays.value;
  // Each sweep deletes and counts, and the hourly statement deletes: each reads one column.
  const statements = CONFIGURED.sweepsPerDay.value * 2 + 24;
  return {
    "bigquery.insert": imagesPerDay * DAYS * ASSUMED.rowBytes.value,
    "bigquery.storage": rows * ASSUMED.rowBytes.value / GB,
    "bigquery.scan": DAYS * rows *
      (statements * BYTES_OF_T0 + ASSUMED.dashboardQueries.value * BYTES_OF_VIEW),
  };
}

function bridgeUsage(imagesPerDay: number) {
  const records = imagesPerDay * ASSUMED.kafkaShare.value;
  const peakPerS = records / 86_400 * ASSUMED.peakFactor.value;
  // A value of an image is seven times the measured record's 500 kB, and a member is kept half idle.
  const perMember = MEASURED.bridgeRecordsPerS.value * 500_000 / ASSUMED.rawBytes.value / 2;
  return {
    "bridge.vm": Math.max(MIN_BRIDGE_MEMBERS, Math.ceil(peakPerS / perMember)),
    "bridge.nat": records * DAYS * ASSUMED.rawBytes.value / GB,
  };
}
