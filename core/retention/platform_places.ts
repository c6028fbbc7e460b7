/** The stores that no sweep can look into: the platform's own settings say how long a copy can stay in each. */
import { durationText, hoursText as hours } from "../duration.ts";
import { isAppError } from "../errors.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type {
  BucketSettings,
  MessageSettings,
  PlatformSettings,
} from "../ports/platform_settings.ts";
import { PURGES_RETENTION_MS, RETENTION_BOUNDS as BOUNDS } from "./bounds.ts";
import type { CertificatePlace } from "./certificate.ts";
import document from "./policy.json" with { type: "json" };

/** A place, and each setting of it that is not as promised, in words. */
export interface ObservedPlace {
  readonly place: CertificatePlace;
  readonly faults: readonly string[];
  /** Why its settings could not be read. */
  readonly unread?: string;
}

/** How many settings were seen, and what is wrong in them. */
interface Seen {
  readonly count: number;
  readonly faults: readonly string[];
}

/** Each group of settings, read once. */
type Reading = { readonly [Group in keyof PlatformSettings]: ReturnType<PlatformSettings[Group]> };

const DAY_MS = 86_400_000;
/** Less than a sweep's budget: a platform that is silent holds no certificate up. */
const LIMIT_MS = 30_000;

/** What is seen of each place. Kafka's topics are looked at by the bridge (`kafka_place.ts`), sessions by nobody. */
const LOOKS: Readonly<Record<string, (reading: Reading) => Promise<Seen>>> = {
  lifecycle_rules: async ({ buckets }) =>
    seenOf((await buckets).filter(holdsImages), ({ role, ...bucket }) => {
      const { deleteAfterDays, deleteAfterCustomTimeDays, otherDeletes } = bucket;
      return [
        ...isDays(deleteAfterDays, BOUNDS.lifecycleDays, `${role}: objects are deleted by age`),
        ...isDays(
          deleteAfterCustomTimeDays,
          BOUNDS.lifecycleDays,
          `${role}: objects are deleted by custom time`,
        ),
        ...when(otherDeletes > 0, `${role}: ${otherDeletes} rules delete by other conditions`),
      ];
    }),
  unfinished_multipart: async ({ buckets }) =>
    seenOf(
      (await buckets).filter(holdsImages),
      ({ role, abortMultipartDays }) =>
        isDays(abortMultipartDays, BOUNDS.abortMultipartDays, `${role}: uploads are aborted`),
    ),
  soft_deleted: async ({ buckets }) =>
    seenOf(await buckets, ({ role, softDeleteMs, hasVersions }) => [
      ...when(
        softDeleteMs > 0,
        `${role}: soft delete keeps objects for ${durationText(softDeleteMs)}`,
      ),
      ...when(hasVersions, `${role}: versioning is on`),
    ]),
  events: async ({ messages }) =>
    seenOf((await messages).filter(({ isDead }) => !isDead), keepsAtMost(BOUNDS.eventsMs)),
  dead_letters: async ({ messages }) =>
    seenOf((await messages).filter(({ isDead }) => isDead), keepsAtMost(BOUNDS.deadLettersMs)),
  row_partitions: async ({ dataset }) => {
    const { partitionExpirationMs: { images, purges } } = await dataset;
    const text = (ms: number | undefined) => ms === undefined ? "never" : durationText(ms);
    return {
      count: 2,
      faults: [
        ...when(
          images !== BOUNDS.partitionExpirationMs,
          `images: partitions expire after ${text(images)}`,
        ),
        ...when(
          purges === undefined || purges > PURGES_RETENTION_MS + DAY_MS,
          `purges: partitions expire after ${text(purges)}`,
        ),
      ],
    };
  },
  warehouse_history: async ({ dataset }) => {
    const { timeTravelHours, copies } = await dataset;
    return {
      count: 1,
      faults: [
        ...when(
          timeTravelHours > document.bigquery.maxTimeTravelHours,
          `time travel reaches back ${timeTravelHours} h`,
        ),
        ...copies.map((name) => `${name} is a copy of a table with a life of its own`),
      ],
    };
  },
  logs: async ({ logBuckets }) =>
    seenOf(
      (await logBuckets).filter(({ id }) => id !== "_Required"),
      ({ id, retentionDays }) =>
        when(retentionDays > BOUNDS.logDays, `${id}: lines are kept for ${retentionDays} days`),
    ),
};

/** Reads what bounds each place; one whose settings cannot be read stays `configured`, and says why. */
export async function observePlaces(
  platform: PlatformSettings,
  configured: readonly CertificatePlace[],
  options: CallOptions = {},
): Promise<ObservedPlace[]> {
  const late = AbortSignal.timeout(LIMIT_MS);
  const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal]);
  const reading: Reading = {
    buckets: platform.buckets({ signal }),
    messages: platform.messages({ signal }),
    dataset: platform.dataset({ signal }),
    logBuckets: platform.logBuckets({ signal }),
  };
  return await Promise.all(configured.map(async (place): Promise<ObservedPlace> => {
    const look = LOOKS[place.place];
    if (look === undefined) return { place, faults: [] };
    try {
      return observedOf(place, await look(reading));
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!late.aborted && !isAppError(error)) throw error;
      const unread = isAppError(error) ? error.publicMessage : "no response came in time";
      return {
        place: { ...place, bound: `${place.bound} (not observed: ${unread})` },
        faults: [],
        unread,
      };
    }
  }));
}

function observedOf(place: CertificatePlace, { count, faults }: Seen): ObservedPlace {
  const bound = faults.length === 0 ? place.bound : `not as promised: ${faults.join("; ")}`;
  const observed = { ...place, bound, evidence: "observed", lookedAt: count } as const;
  return { place: { ...observed, overdue: faults.length }, faults };
}

function seenOf<T>(settings: readonly T[], faultsOf: (each: T) => readonly string[]): Seen {
  const faults = settings.length === 0 ? ["there is none"] : settings.flatMap(faultsOf);
  return { count: settings.length, faults };
}

function holdsImages({ role }: BucketSettings): boolean {
  return role === "raw" || role === "processed" || role === "erasures";
}

/** Neither later nor earlier, and nothing beside it. */
function isDays(found: readonly number[], wanted: number, what: string): string[] {
  if (found.length > 0 && found.every((days) => days === wanted)) return [];
  return [
    `${what} after ${found.length === 0 ? "no" : found.join(", ")} days instead of ${wanted}`,
  ];
}

function keepsAtMost(boundMs: number) {
  return ({ kind, id, keepsMs, keepsAcknowledged }: MessageSettings): string[] => [
    ...when(keepsMs > boundMs, `${kind} ${id}: messages are kept for ${hours(keepsMs)}`),
    ...when(keepsAcknowledged, `${kind} ${id}: acknowledged messages are kept`),
  ];
}

function when(isWrong: boolean, text: string): string[] {
  return isWrong ? [text] : [];
}
