/** What each view must show, computed from the rows themselves and without SQL. */
import type { ImageRow, RowValue } from "@tintype/core/model/image_row";
import type { PurgeRow } from "@tintype/core/ports/row_sink";

/** A row of a view: times as ISO 8601 in UTC, days as `yyyy-mm-dd`. */
export type Figure = Readonly<Record<string, RowValue>>;

/** The rows that went in, and the present time of the views. */
interface ViewInput {
  readonly rows: readonly ImageRow[];
  readonly sweeps: readonly PurgeRow[];
  readonly nowMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** US dollars, as the view has them. */
export const PRICES = {
  storage_month: 0.044,
  replication: 0.02,
  class_a: 0.01,
  class_b: 0.0004,
  row_insert: 0.05,
} as const;

const STAGES = ["queue", "fetch", "probe", "decode", "renditions", "insights", "store", "total"];

/** The figures of every view, by its name. */
export const FIGURES: Readonly<Record<string, (input: ViewInput) => Figure[]>> = {
  images_current: (input) => current(input),
  daily_volume: (input) =>
    grouped(
      current(input),
      (row) => ({ day: dayOf(row), ...pick(row, "tenant", "source", "status") }),
    )
      .map(({ key, rows }) => ({
        ...key,
        images: rows.length,
        bytes: sum(rows, "bytes"),
        rendition_bytes: sum(rows, "rendition_bytes"),
      })),
  ingestion_by_door_and_tenant: (input) =>
    grouped(current(input), (row) => ({ hour: hourOf(row.t0), ...pick(row, "source", "tenant") }))
      .map(({ key, rows }) => ({
        ...key,
        images: rows.length,
        owners: new Set(rows.map(({ owner }) => owner)).size,
        bytes: sum(rows, "bytes"),
        ready: rows.filter(({ status }) => status === "ready").length,
        rejected: rows.filter(({ status }) => status === "rejected").length,
        failed: rows.filter(({ status }) => status === "failed").length,
      })),
  latency_by_stage: latency,
  rejects_by_reason: (input) =>
    grouped(
      current(input).filter(({ status }) => status !== "ready"),
      (row) => ({
        day: dayOf(row),
        ...pick(row, "tenant", "source", "status", "reason", "media_type"),
      }),
    ).map(({ key, rows }) => ({ ...key, images: rows.length, bytes: sum(rows, "bytes") })),
  formats_and_devices: (input) =>
    grouped(ready(input), (row) => ({
      day: dayOf(row),
      media_type: row.media_type,
      camera_make: row.camera_make ?? "none",
      camera_model: row.camera_model ?? "none",
    })).map(({ key, rows }) => ({
      ...key,
      images: rows.length,
      bytes: sum(rows, "bytes"),
      mean_megapixels: Number(sum(rows, "megapixels")) / rows.length,
      with_gps: rows.filter(({ has_gps }) => has_gps === true).length,
      blurred: rows.filter(({ sharpness }) => sharpness !== null && Number(sharpness) < 100).length,
    })),
  dominant_colors: dominantColors,
  storage_and_cost: cost,
  retention_state: retention,
  certificate_state: certificateState,
  slo_events: (input) => events(input),
  slo_hourly: hourly,
  slo_burn_rates: burnRates,
};

function held({ rows, nowMs }: ViewInput): readonly ImageRow[] {
  return rows.filter(({ t0 }) => msOf(t0) >= nowMs - 8 * DAY_MS);
}

function current(input: ViewInput): ImageRow[] {
  const images = Map.groupBy(held(input), imageKey);
  return [...images.values()].flatMap((attempts) => {
    if (attempts.some(({ status }) => status === "erased")) return [];
    const newest = attempts.toSorted((a, b) =>
      msOf(b.processed_at) - msOf(a.processed_at) || Number(b.attempt) - Number(a.attempt)
    );
    return newest.slice(0, 1);
  });
}

function ready(input: ViewInput): ImageRow[] {
  return current(input).filter(({ status }) => status === "ready");
}

function latency(input: ViewInput): Figure[] {
  const timings = ready(input).flatMap((row) => {
    const day = dayOf(row);
    const stages = STAGES.map((stage, index) => ({
      stage,
      step: index + 1,
      ms: row[`${stage}_ms`],
    }));
    const both = add(row.queue_ms, row.total_ms);
    return [...stages, { stage: "accepted_to_ready", step: 9, ms: both }].flatMap((timing) =>
      typeof timing.ms === "number" ? [{ day, source: row.source, ...timing, ms: timing.ms }] : []
    );
  });
  return grouped(timings, (timing) => pick(timing, "day", "source", "step", "stage"))
    .map(({ key, rows }) => {
      const ms = rows.map((row) => row.ms);
      return {
        ...key,
        images: ms.length,
        p50_ms: percentile(ms, 50),
        p90_ms: percentile(ms, 90),
        p95_ms: percentile(ms, 95),
        p99_ms: percentile(ms, 99),
        max_ms: Math.max(...ms),
      };
    });
}

function dominantColors(input: ViewInput): Figure[] {
  const shown = ready(input).flatMap((row) =>
    [row.dominant_color_1, row.dominant_color_2, row.dominant_color_3].flatMap((color, index) => {
      if (typeof color !== "string") return [];
      const [, red = "", , green = "", , blue = ""] = color;
      const rounded = `#${red}${red}${green}${green}${blue}${blue}`;
      return [{ day: dayOf(row), color: rounded, isFirst: index === 0 }];
    })
  );
  return grouped(shown, (use) => pick(use, "day", "color")).map(({ key, rows }) => ({
    ...key,
    uses: rows.length,
    uses_as_first: rows.filter(({ isFirst }) => isFirst).length,
  }));
}

function cost(input: ViewInput): Figure[] {
  return grouped(current(input), (row) => ({ day: dayOf(row), tenant: row.tenant }))
    .map(({ key, rows }) => {
      const raw = Number(sum(rows, "bytes"));
      const renditions = sum(rows, "rendition_bytes");
      const gb = (raw + Number(renditions ?? 0)) / 1e9;
      const storage = gb * (PRICES.storage_month * 7 / 30 + PRICES.replication);
      const writes = rows.length * 2 + Number(sum(rows, "renditions") ?? 0);
      const operations = (writes * PRICES.class_a + rows.length * 4 * PRICES.class_b) / 1000;
      const streamed = rows.length / 1e6 * PRICES.row_insert;
      const total = storage + operations + streamed;
      return {
        ...key,
        images: rows.length,
        raw_bytes: raw,
        rendition_bytes: renditions,
        stored_gb: gb,
        storage_usd: storage,
        operations_usd: operations,
        rows_usd: streamed,
        total_usd: total,
        usd_per_million: total * 1e6 / rows.length,
      };
    });
}

function retention(input: ViewInput): Figure[] {
  return grouped(held(input), (row) => ({ day: dayOf(row), tenant: row.tenant }))
    .map(({ key, rows }) => {
      const times = rows.map(({ t0 }) => msOf(t0));
      const oldest = Math.min(...times);
      const newest = Math.max(...times);
      return {
        ...key,
        images: new Set(rows.map(imageKey)).size,
        held_rows: rows.length,
        oldest_t0: isoOf(oldest),
        newest_t0: isoOf(newest),
        purge_from: isoOf(oldest + 7 * DAY_MS),
        purge_until: isoOf(newest + 7 * DAY_MS),
        hours_left: (oldest + 7 * DAY_MS - input.nowMs) / HOUR_MS,
        overdue_rows: times.filter((ms) => ms < input.nowMs - 7 * DAY_MS - 15 * 60_000).length,
      };
    });
}

function certificateState({ sweeps, nowMs }: ViewInput): Figure[] {
  const newest = Math.max(...sweeps.map(({ certificate }) => certificate));
  return sweeps.filter(({ certificate }) => certificate === newest).map((sweep) => ({
    certificate: sweep.certificate,
    swept_at: isoOf(sweep.sweptAtMs),
    minutes_ago: (nowMs - sweep.sweptAtMs) / 60_000,
    store: sweep.store,
    evidence: sweep.evidence,
    oldest_t0: sweep.oldestT0Ms === undefined ? null : isoOf(sweep.oldestT0Ms),
    looked_at: sweep.lookedAt,
    deleted: sweep.deleted,
    overdue: sweep.overdue,
  }));
}

function events(input: ViewInput) {
  const waits = ready(input).flatMap((row) => {
    const ms = add(row.queue_ms, row.total_ms);
    if (ms === null) return [];
    const happened_at = isoOf(msOf(row.processed_at));
    return [{
      objective: "accepted_to_ready",
      target: 0.95,
      happened_at,
      is_good: ms <= 10_000,
      ms,
    }];
  });
  const ends = current(input).map((row) => ({
    objective: "success",
    target: 0.999,
    happened_at: isoOf(msOf(row.processed_at)),
    is_good: row.status !== "failed",
    ms: null,
  }));
  const certificates = grouped(input.sweeps, ({ certificate }) => ({ certificate }));
  const purges = certificates.map(({ rows }) => ({
    objective: "purge_on_time",
    target: 0.999,
    happened_at: isoOf(Math.max(...rows.map(({ sweptAtMs }) => sweptAtMs))),
    is_good: rows.every(({ overdue }) => overdue === 0),
    ms: null,
  }));
  return [...waits, ...ends, ...purges];
}

function hourly(input: ViewInput): Figure[] {
  return grouped(events(input), (event) => ({
    objective: event.objective,
    hour: hourOf(event.happened_at),
    target: event.target,
  })).map(({ key, rows }) => {
    const bad = rows.filter(({ is_good }) => !is_good).length;
    const ratio = (rows.length - bad) / rows.length;
    const ms = rows.flatMap((row) => row.ms === null ? [] : [row.ms]);
    return {
      ...key,
      events: rows.length,
      bad,
      good_ratio: ratio,
      is_met: ratio >= key.target,
      p95_ms: ms.length === 0 ? null : percentile(ms, 95),
    };
  });
}

function burnRates(input: ViewInput): Figure[] {
  const windows = [[1, 14.4], [6, 6], [72, 1]] as const;
  return windows.flatMap(([hours, alertAt]) => {
    const since = input.nowMs - hours * HOUR_MS;
    const recent = events(input).filter(({ happened_at }) => msOf(happened_at) >= since);
    return grouped(recent, (event) => pick(event, "objective", "target")).map(({ key, rows }) => {
      const bad = rows.filter(({ is_good }) => !is_good).length;
      const burnRate = bad / rows.length / (1 - key.target);
      return {
        ...key,
        window_hours: hours,
        events: rows.length,
        bad,
        burn_rate: burnRate,
        alert_at: alertAt,
        is_burning: burnRate >= alertAt,
      };
    });
  });
}

/** The least value that at least `percent` of 100 are not above. */
function percentile(values: readonly number[], percent: number): number {
  const place = Math.max(1, Math.ceil(values.length * percent / 100));
  return values.toSorted((a, b) => a - b)[place - 1] ?? NaN;
}

function grouped<Row, Key extends Figure>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
): { key: Key; rows: Row[] }[] {
  const groups = new Map<string, { key: Key; rows: Row[] }>();
  for (const row of rows) {
    const key = keyOf(row);
    const name = JSON.stringify(key);
    const group = groups.get(name) ?? { key, rows: [] };
    group.rows.push(row);
    groups.set(name, group);
  }
  return [...groups.values()];
}

function pick<T extends object, K extends keyof T>(row: T, ...columns: K[]): Pick<T, K> {
  return Object.fromEntries(columns.map((column) => [column, row[column]])) as Pick<T, K>; // just these keys
}

/** As SQL sums: null where there is nothing but null. */
function sum(rows: readonly ImageRow[], column: string): number | null {
  const values = rows.flatMap((row) => typeof row[column] === "number" ? [row[column]] : []);
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
}

function add(a: RowValue, b: RowValue): number | null {
  return typeof a === "number" && typeof b === "number" ? a + b : null;
}

function imageKey({ tenant, owner, image_id }: ImageRow): string {
  return `${tenant}/${owner}/${image_id}`;
}

function dayOf({ t0 }: ImageRow): string {
  return String(t0).slice(0, 10);
}

function hourOf(time: RowValue): string {
  return isoOf(Math.floor(msOf(time) / HOUR_MS) * HOUR_MS);
}

function msOf(time: RowValue): number {
  return Date.parse(String(time));
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
