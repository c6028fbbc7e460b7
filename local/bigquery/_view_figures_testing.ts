/** What each view must show, computed from the rows themselves and without SQL. */
import { readFileSync } from "node:fs";
import type { ImageRow } from "@tintype/core/model/image_row";
import type { PurgeRow } from "@tintype/core/ports/image_rows";
import {
  add,
  count,
  dayOf,
  type Figure,
  grouped,
  HOUR_MS,
  hourOf,
  imageKey,
  isoOf,
  msOf,
  percentile,
  pick,
  renditionsOf,
  sum,
} from "./_figure_parts_testing.ts";

/** The rows that went in, and the present time of the views. */
interface ViewInput {
  readonly rows: readonly ImageRow[];
  readonly sweeps: readonly PurgeRow[];
  readonly nowMs: number;
}

const GIB = 1_024 ** 3;
const DAY_MS = 24 * HOUR_MS;
const COST_VIEW = new URL("../../infra/bigquery/views/storage_and_cost.sql", import.meta.url);

/** Numbers of the view, by the comments that name them. */
const PRICES: ReadonlyMap<string, number> = new Map(
  [...readFileSync(COST_VIEW, "utf8").matchAll(/([\d.]+) \/\* ((?:price|mean) .+?) \*\//g)]
    .map(([, number, name = ""]) => [name, Number(number)]),
);

/** What the edge returns for a reason. */
const STATUSES: Readonly<Record<string, number>> = {
  too_large: 413,
  unsupported_type: 415,
  quota_exceeded: 429,
  rate_limited: 429,
  dead_lettered: 503,
};

const STAGES = ["queue", "fetch", "probe", "decode", "renditions", "insights", "store", "total"];

/** The figures of every view, by its name. */
export const FIGURES: Readonly<Record<string, (input: ViewInput) => Figure[]>> = {
  images_current: (input) => current(input),
  daily_volume: (input) =>
    grouped(
      current(input),
      (row) => ({ day: dayOf(row), ...pick(row, "tenant", "source", "status") }),
      (rows) => ({
        images: rows.length,
        bytes: sum(rows, "bytes"),
        rendition_bytes: sum(rows, "rendition_bytes"),
      }),
    ),
  ingestion_by_door_and_tenant: (input) =>
    grouped(
      current(input),
      (row) => ({ hour: hourOf(row.t0), ...pick(row, "source", "tenant") }),
      (rows) => ({
        images: rows.length,
        owners: new Set(rows.map(({ owner }) => owner)).size,
        bytes: sum(rows, "bytes"),
        ready: count(rows, ({ status }) => status === "ready"),
        rejected: count(rows, ({ status }) => status === "rejected"),
        failed: count(rows, ({ status }) => status === "failed"),
      }),
    ),
  latency_by_stage: latency,
  rejects_by_reason: (input) =>
    grouped(
      current(input).filter(({ status }) => status !== "ready"),
      (row) => ({
        day: dayOf(row),
        ...pick(row, "tenant", "source", "status", "reason", "media_type"),
      }),
      (rows) => ({ images: rows.length, bytes: sum(rows, "bytes") }),
    ),
  formats_and_devices: (input) =>
    grouped(ready(input), (row) => ({
      ...{ day: dayOf(row), tenant: row.tenant },
      media_type: row.media_type,
      camera_make: row.camera_make ?? "none",
      camera_model: row.camera_model ?? "none",
    }), (rows) => ({
      images: rows.length,
      bytes: sum(rows, "bytes"),
      mean_megapixels: Number(sum(rows, "megapixels")) / rows.length,
      with_gps: count(rows, ({ has_gps }) => has_gps === true),
      hdr: count(rows, ({ hdr }) => hdr === true),
      with_credentials: count(rows, ({ provenance }) => provenance === "present"),
      ai_generated: count(rows, ({ ai_generated }) => ai_generated === true),
      blurred: count(rows, ({ sharpness }) => sharpness !== null && Number(sharpness) < 100),
    })),
  dominant_colors: dominantColors,
  storage_and_cost: cost,
  retention_state: retention,
  certificate_state: certificateState,
  slo_events: (input) => events(input),
  slo_hourly: hourly,
  slo_burn_rates: burnRates,
  slo_by_tenant: (input) => {
    const images = events(input).filter(({ objective }) => objective !== "purge_on_time");
    const keyOf = (event: (typeof images)[number]) => ({
      ...pick(event, "objective", "target", "tenant"),
      day: event.happened_at.slice(0, 10),
    });
    return grouped(images, keyOf, metOf);
  },
  refusals: (input) =>
    grouped(
      current(input).filter(({ status }) => status !== "ready"),
      (row) => ({
        ...{ day: dayOf(row), refused_by: row.owner === null ? "source" : "processing" },
        ...pick(row, "tenant", "source", "status", "reason"),
        http_status: STATUSES[String(row.reason)] ?? 422,
      }),
      (rows) => ({
        ...{ images: rows.length, bytes: sum(rows, "bytes") },
        attempts: rows.reduce((total, { attempt }) => total + Number(attempt ?? 1), 0),
      }),
    ),
  latency_by_tenant: (input) =>
    grouped(
      ready(input).filter((row) => add(row.queue_ms, row.total_ms) !== null),
      (row) => ({ day: dayOf(row), ...pick(row, "tenant", "source") }),
      (rows) => {
        const ms = rows.map((row) => Number(add(row.queue_ms, row.total_ms)));
        const percentiles = [50, 95, 99].map((p) => [`p${p}_ms`, percentile(ms, p)]);
        return { images: ms.length, ...Object.fromEntries(percentiles), max_ms: Math.max(...ms) };
      },
    ),
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
  return grouped(timings, (timing) => pick(timing, "day", "source", "step", "stage"), (rows) => {
    const ms = rows.map((row) => row.ms);
    const percentiles = [50, 90, 95, 99].map((p) => [`p${p}_ms`, percentile(ms, p)]);
    return { images: ms.length, ...Object.fromEntries(percentiles), max_ms: Math.max(...ms) };
  });
}

function dominantColors(input: ViewInput): Figure[] {
  const shown = ready(input).flatMap((row) =>
    [1, 2, 3, 4, 5].flatMap((place, index) => {
      const color = row[`dominant_color_${place}`];
      if (typeof color !== "string") return [];
      const [, red = "", , green = "", , blue = ""] = color;
      const rounded = `#${red}${red}${green}${green}${blue}${blue}`;
      return [{ day: dayOf(row), color: rounded, isFirst: index === 0 }];
    })
  );
  return grouped(shown, (use) => pick(use, "day", "color"), (rows) => ({
    uses: rows.length,
    uses_as_first: count(rows, ({ isFirst }) => isFirst),
  }));
}

function cost(input: ViewInput): Figure[] {
  const usd = (name: string) => PRICES.get(name) ?? NaN;
  return grouped(current(input), (row) => ({ day: dayOf(row), tenant: row.tenant }), (rows) => {
    const images = rows.length;
    const raw = Number(sum(rows, "bytes"));
    const rendered = sum(rows, "rendition_bytes");
    const renditions = Number(rendered ?? 0);
    const writes = images +
      rows.reduce((total, { renditions }) => total + renditionsOf(renditions), 0);
    const cpuMs = rows.flatMap((row) => [row.decode_ms, row.renditions_ms, row.insights_ms])
      .reduce<number>((total, ms) => total + Number(ms ?? 0), 0);
    const parts = {
      storage_usd: raw / GIB * usd("price storage.region") * 7 / 30 +
        renditions / GIB * (usd("price storage.pair") * 7 / 30 + usd("price storage.replication")),
      operations_usd: (images * usd("price class_a.region") + writes * usd("price class_a.pair") +
        images * 4 * usd("price class_b")) / 1000,
      rows_usd: images * usd("mean record in bytes") / 1_024 ** 4 * usd("price pubsub.bigquery"),
      processing_usd: cpuMs / 1000 * usd("mean second of CPU"),
      egress_usd: renditions * usd("mean bytes fetched of a byte") / GIB *
        usd("mean egress of a GiB"),
      rest_usd: images * usd("mean rest of an image"),
    };
    const total = Object.values(parts).reduce((a, b) => a + b, 0);
    return {
      images,
      raw_bytes: raw,
      rendition_bytes: rendered,
      stored_gb: (raw + renditions) / 1e9,
      ...parts,
      total_usd: total,
      usd_per_million: total * 1e6 / images,
    };
  });
}

function retention(input: ViewInput): Figure[] {
  return grouped(held(input), (row) => ({ day: dayOf(row), tenant: row.tenant }), (rows) => {
    const times = rows.map(({ t0 }) => msOf(t0));
    const oldest = Math.min(...times);
    const newest = Math.max(...times);
    return {
      images: new Set(rows.map(imageKey)).size,
      held_rows: rows.length,
      oldest_t0: isoOf(oldest),
      newest_t0: isoOf(newest),
      purge_from: isoOf(oldest + 7 * DAY_MS),
      purge_until: isoOf(newest + 7 * DAY_MS),
      hours_left: (oldest + 7 * DAY_MS - input.nowMs) / HOUR_MS,
      overdue_rows: count(times, (ms) => ms < input.nowMs - 7 * DAY_MS - 15 * 60_000),
    };
  });
}

function certificateState({ sweeps, nowMs }: ViewInput): Figure[] {
  const newest = Math.max(...sweeps.map(({ certificate }) => certificate));
  return sweeps.filter(({ certificate }) => certificate === newest).map((sweep) => ({
    certificate: sweep.certificate,
    swept_at: sweep.swept_at,
    minutes_ago: (nowMs - msOf(sweep.swept_at)) / 60_000,
    store: sweep.store,
    evidence: sweep.evidence,
    oldest_t0: sweep.oldest_t0,
    looked_at: sweep.looked_at,
    deleted: sweep.deleted,
    overdue: sweep.overdue,
  }));
}

function events(input: ViewInput) {
  const accepted = { objective: "accepted_to_ready", target: 0.95 };
  const waits = ready(input).flatMap((row) => {
    const ms = add(row.queue_ms, row.total_ms);
    const happened_at = isoOf(msOf(row.processed_at));
    return ms === null
      ? []
      : [{ ...accepted, happened_at, is_good: ms <= 10_000, ms, tenant: row.tenant }];
  });
  const ends = current(input).map((row) => ({
    objective: "success",
    target: 0.999,
    happened_at: isoOf(msOf(row.processed_at)),
    is_good: row.status !== "failed",
    ...{ ms: null, tenant: row.tenant },
  }));
  const sweeps = Map.groupBy(input.sweeps, ({ certificate }) => certificate);
  const purges = [...sweeps.values()].map((rows) => ({
    objective: "purge_on_time",
    target: 0.999,
    happened_at: isoOf(Math.max(...rows.map(({ swept_at }) => msOf(swept_at)))),
    is_good: rows.every(({ overdue }) => overdue === 0),
    ...{ ms: null, tenant: null },
  }));
  return [...waits, ...ends, ...purges];
}

/** How many events met their objective. */
function metOf(
  rows: readonly { readonly is_good: boolean }[],
  { target }: { readonly target: number },
) {
  const bad = count(rows, ({ is_good }) => !is_good);
  const good_ratio = (rows.length - bad) / rows.length;
  return { events: rows.length, bad, good_ratio, is_met: good_ratio >= target };
}

function hourly(input: ViewInput): Figure[] {
  const keyOf = (event: ReturnType<typeof events>[number]) => ({
    ...pick(event, "objective", "target"),
    hour: hourOf(event.happened_at),
  });
  return grouped(events(input), keyOf, (rows, { target }) => {
    const ms = rows.flatMap((row) => row.ms ?? []);
    const p95_ms = ms.length === 0 ? null : percentile(ms, 95);
    return { ...metOf(rows, { target }), p95_ms };
  });
}

function burnRates(input: ViewInput): Figure[] {
  const windows = [[1, 14.4], [6, 6], [72, 1]] as const;
  return windows.flatMap(([window_hours, alert_at]) => {
    const since = input.nowMs - window_hours * HOUR_MS;
    const recent = events(input).filter(({ happened_at }) => msOf(happened_at) >= since);
    return grouped(recent, (event) => pick(event, "objective", "target"), (rows, { target }) => {
      const bad = count(rows, ({ is_good }) => !is_good);
      const burn_rate = bad / rows.length / (1 - target);
      const is_burning = burn_rate >= alert_at;
      return { window_hours, events: rows.length, bad, burn_rate, alert_at, is_burning };
    });
  });
}
