/** The stores that no sweep can look into: the platform's own settings say how long a copy can stay in each. */
import { isAppError } from "../errors.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type {
  PlatformSettings,
  Setting,
  SettingGroup,
  SettingName,
} from "../ports/platform_settings.ts";
import { PURGES_RETENTION_MS, RETENTION_BOUNDS as BOUNDS } from "./bounds.ts";
import type { CertificatePlace } from "./certificate.ts";
import document from "./policy.json" with { type: "json" };

/** A place, and each setting of it that is not as promised, in words. */
interface ObservedPlace {
  readonly place: CertificatePlace;
  readonly faults: readonly string[];
  /** Why its settings could not be read. */
  readonly unread?: string;
}

type Rule = readonly [place: keyof typeof GROUPS, relation: "exactly" | "at most", bound: number];

const DAY_MS = 86_400_000;
/** Less than a sweep's budget: a platform that is silent holds no certificate up. */
const LIMIT_MS = 30_000;

/** By what each place is bounded. Kafka's topics are looked at by the bridge (`kafka_place.ts`), sessions by nobody. */
const GROUPS = {
  lifecycle_rules: "buckets",
  unfinished_multipart: "buckets",
  soft_deleted: "buckets",
  events: "messages",
  dead_letters: "messages",
  row_partitions: "dataset",
  warehouse_history: "dataset",
  logs: "logs",
  object_reports: "insights",
  object_enrichments: "enrichments",
  dataset_copies: "transfers",
  log_sinks: "sinks",
  organisation_sinks: "ancestors",
} as const satisfies Record<string, SettingGroup>;

/** What each setting must be. */
export const SETTING_RULES = {
  deleteByAgeDays: ["lifecycle_rules", "exactly", BOUNDS.lifecycleDays],
  deleteByCustomTimeDays: ["lifecycle_rules", "exactly", BOUNDS.lifecycleDays],
  deleteByOtherConditions: ["lifecycle_rules", "at most", 0],
  abortMultipartDays: ["unfinished_multipart", "exactly", BOUNDS.abortMultipartDays],
  softDeleteSeconds: ["soft_deleted", "at most", 0],
  versions: ["soft_deleted", "at most", 0],
  eventSeconds: ["events", "at most", BOUNDS.eventsMs / 1_000],
  acknowledgedEvents: ["events", "at most", 0],
  deadLetterSeconds: ["dead_letters", "at most", BOUNDS.deadLettersMs / 1_000],
  acknowledgedDeadLetters: ["dead_letters", "at most", 0],
  imagesExpirationMs: ["row_partitions", "exactly", BOUNDS.partitionExpirationMs],
  purgesExpirationMs: ["row_partitions", "at most", PURGES_RETENTION_MS + DAY_MS],
  timeTravelHours: ["warehouse_history", "at most", document.bigquery.maxTimeTravelHours],
  tableCopies: ["warehouse_history", "at most", 0],
  logDays: ["logs", "at most", BOUNDS.logDays],
  inventoryReports: ["object_reports", "at most", 0],
  insightsDatasets: ["object_reports", "at most", 0],
  objectEnrichments: ["object_enrichments", "at most", 0],
  datasetCopies: ["dataset_copies", "at most", 0],
  logSinks: ["log_sinks", "at most", 0],
  organisationSinks: ["organisation_sinks", "at most", 0],
} as const satisfies Record<SettingName, Rule>;

/** Reads what bounds each place; one whose settings cannot be read stays `configured`, and says why. */
export async function observePlaces(
  platform: PlatformSettings,
  configured: readonly CertificatePlace[],
  options: CallOptions = {},
): Promise<ObservedPlace[]> {
  const late = AbortSignal.timeout(LIMIT_MS);
  const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal]);
  const reading = new Map<SettingGroup, Promise<readonly Setting[]>>();
  return await Promise.all(configured.map(async (place): Promise<ObservedPlace> => {
    const group: SettingGroup | undefined = Object.entries(GROUPS)
      .find(([name]) => name === place.place)?.[1];
    if (group === undefined) return { place, faults: [] };
    const read = reading.get(group) ?? platform.read(group, { signal });
    reading.set(group, read);
    try {
      return observedOf(place, await read);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!late.aborted && !isAppError(error)) throw error;
      const unread = isAppError(error) ? error.publicMessage : "no response came in time";
      const bound = `${place.bound} (not observed: ${unread})`;
      return { place: { ...place, bound }, faults: [], unread };
    }
  }));
}

function observedOf(place: CertificatePlace, settings: readonly Setting[]): ObservedPlace {
  const seen = settings.filter(({ name }) => SETTING_RULES[name][0] === place.place);
  const faults = seen.length === 0 ? ["there is none"] : seen.flatMap(faultOf);
  const bound = faults.length === 0 ? place.bound : `not as promised: ${faults.join("; ")}`;
  const counts = { lookedAt: seen.length, overdue: faults.length };
  return { place: { ...place, evidence: "observed", bound, ...counts }, faults };
}

function faultOf({ name, of, value }: Setting): string[] {
  const [, relation, bound] = SETTING_RULES[name];
  const isKept = value !== undefined && (relation === "exactly" ? value === bound : value <= bound);
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return isKept ? [] : [`${of}: ${words} is ${value ?? "not set"} instead of ${relation} ${bound}`];
}
