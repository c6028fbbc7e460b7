/// <reference lib="dom" />
import type { CardPlan, Context } from "./card.ts";
import { element, type Row, total } from "./elements.ts";
import { bytes, count, day, duration, milliseconds } from "./format.ts";

const STATUSES = ["ready", "rejected", "failed"] as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CHARTED_HOURS = 12;
const MAX_BARS = 8;
const MAX_COUNTDOWNS = 5;

/** The cards in the order of the page. */
export const CARD_PLANS: readonly CardPlan[] = [
  {
    view: "ingestion_by_door_and_tenant",
    title: "Volume",
    isWide: true,
    note: "Images by the time of their upload, and how they ended",
    show: volume,
    empty: "Nothing has come in.",
  },
  {
    view: "daily_volume",
    title: "Doors and tenants",
    note: "Images that each door took in, by tenant",
    show: (rows) => ({
      ...stackedBy(rows, (row) => `${row["source"]} · ${row["tenant"]}`),
      horizontal: true,
    }),
    empty: "Nothing has come in.",
  },
  {
    view: "latency_by_stage",
    title: "Latency",
    note: "Within so long 95 of 100 images passed the stage, on the newest day",
    show: latency,
    empty: "No image is ready yet.",
  },
  {
    view: "rejects_by_reason",
    title: "Rejects",
    note: "Images that are not ready, by their reason",
    show: (rows) => ({ ...stackedBy(rows, (row) => String(row["reason"])), horizontal: true }),
    empty: "Nothing was rejected.",
  },
  {
    view: "formats_and_devices",
    title: "Devices",
    note: "Ready images by the camera that took them",
    show: (rows) => topBars(rows, deviceOf, "--edge"),
    empty: "No image is ready yet.",
  },
  {
    view: "formats_and_devices",
    title: "Formats",
    note: "Ready images by what their bytes are",
    show: (rows) => topBars(rows, (row) => String(row["media_type"]), "--kafka"),
    empty: "No image is ready yet.",
  },
  {
    view: "dominant_colors",
    title: "Dominant colours",
    note: "How often a colour is among an image's three most frequent",
    show: colors,
    empty: "No image is ready yet.",
  },
  {
    view: "retention_state",
    title: "Retention",
    note: "Until the oldest image of each day and tenant is purged; the next five",
    show: retention,
    empty: "Nothing is held: everything that came in is gone.",
  },
  {
    view: "certificate_state",
    title: "Purge certificate",
    note: "What the newest sweep looked at and left",
    show: certificate,
    empty: "No sweep has run yet; the first one writes a certificate.",
  },
  {
    view: "slo_burn_rates",
    title: "Objectives",
    note: "Burn rate of each error budget; 1 uses it up exactly",
    show: objectives,
    empty: "Nothing has happened that an objective counts.",
  },
  {
    view: "storage_and_cost",
    title: "Storage",
    note: "What each tenant's images take; their cost is under Figures",
    show: storage,
    empty: "Nothing is stored.",
  },
];

/** By hour while everything is of the last half day, else by day. */
function volume(rows: readonly Row[], { nowMs }: Context) {
  const times = rows.map((row) => Date.parse(String(row["hour"])));
  const stepMs = nowMs - Math.min(...times) < CHARTED_HOURS * HOUR_MS ? HOUR_MS : DAY_MS;
  const steps = stepMs === HOUR_MS ? CHARTED_HOURS : 8;
  const lastMs = Math.floor(nowMs / stepMs) * stepMs;
  const starts = Array.from({ length: steps }, (_, index) => lastMs - (steps - 1 - index) * stepMs);
  return {
    labels: starts.map((ms) =>
      stepMs === HOUR_MS ? hourLabel(ms) : day(new Date(ms).toISOString())
    ),
    series: STATUSES.map((status) => ({
      label: status,
      color: `--${status}`,
      values: starts.map((ms) =>
        total(
          rows.filter((_, index) => Math.floor((times[index] ?? 0) / stepMs) * stepMs === ms),
          status,
        )
      ),
    })),
    stacked: true,
    format: count,
  };
}

function stackedBy(rows: readonly Row[], nameOf: (row: Row) => string) {
  const groups = Map.groupBy(rows, nameOf);
  const names = [...groups].toSorted((a, b) => total(b[1], "images") - total(a[1], "images"));
  const labels = names.slice(0, MAX_BARS).map(([name]) => name);
  const used = STATUSES.filter((status) => rows.some((row) => row["status"] === status));
  return {
    labels,
    series: used.map((status) => ({
      label: status,
      color: `--${status}`,
      values: labels.map((name) =>
        total(groups.get(name)?.filter((row) => row["status"] === status) ?? [], "images")
      ),
    })),
    stacked: true,
    format: count,
  };
}

function latency(rows: readonly Row[]) {
  const newest = rows.map((row) => String(row["day"])).toSorted().at(-1);
  const today = rows.filter((row) => row["day"] === newest);
  const stages = [...new Map(today.map((row) => [Number(row["step"]), String(row["stage"])]))]
    .toSorted(([a], [b]) => a - b);
  const doors = [...new Set(today.map((row) => String(row["source"])))].toSorted();
  const valueOf = (door: string, step: number) =>
    total(today.filter((row) => row["source"] === door && row["step"] === step), "p95_ms");
  return {
    labels: stages.map(([, stage]) => stage.replaceAll("_", " ")),
    series: doors.map((door) => ({
      label: door,
      color: `--${door}`,
      values: stages.map(([step]) => valueOf(door, step)),
    })),
    horizontal: true,
    format: milliseconds,
  };
}

function topBars(rows: readonly Row[], nameOf: (row: Row) => string, color: string) {
  const groups = [...Map.groupBy(rows, nameOf)]
    .map(([name, of]) => ({ name, images: total(of, "images") }))
    .toSorted((a, b) => b.images - a.images)
    .slice(0, MAX_BARS);
  return {
    labels: groups.map(({ name }) => name),
    series: [{ label: "images", color, values: groups.map(({ images }) => images) }],
    horizontal: true,
    format: count,
  };
}

function deviceOf(row: Row): string {
  if (row["camera_make"] === "none") return "no camera named";
  return row["camera_model"] === "none" ? String(row["camera_make"]) : String(row["camera_model"]);
}

function colors(rows: readonly Row[]) {
  const groups = [...Map.groupBy(rows, (row) => String(row["color"]))]
    .map(([color, of]) => ({ color, uses: total(of, "uses") }))
    .toSorted((a, b) => b.uses - a.uses)
    .slice(0, 12);
  return {
    labels: groups.map(({ color }) => color),
    series: [{
      label: "uses",
      color: groups.map(({ color }) => color),
      values: groups.map(({ uses }) => uses),
    }],
    horizontal: true,
    format: count,
  };
}

function retention(rows: readonly Row[], { nowMs, retentionMs }: Context) {
  const t0Of = (row: Row) => Date.parse(String(row["oldest_t0"]));
  const next = rows.toSorted((a, b) => t0Of(a) - t0Of(b)).slice(0, MAX_COUNTDOWNS);
  return [dueList(next.map((row) => {
    const leftMs = t0Of(row) + retentionMs - nowMs;
    const passed = element("progress");
    passed.max = retentionMs;
    passed.value = Math.min(retentionMs, retentionMs - leftMs);
    passed.setAttribute("aria-label", "time that has passed");
    const images = Number(row["images"]);
    const name = `${day(String(row["day"]))} · ${row["tenant"]}`;
    return dueItem(
      `${name} · ${count(images)} ${images === 1 ? "image" : "images"}`,
      leftMs > 0 ? `in ${duration(leftMs)}` : `due since ${duration(leftMs)}`,
      leftMs > 0 ? "" : "warn",
      passed,
    );
  }))];
}

function certificate(rows: readonly Row[], { nowMs }: Context) {
  const [first] = rows;
  const overdue = total(rows, "overdue");
  const agoMs = nowMs - Date.parse(String(first?.["swept_at"]));
  const verdict = overdue === 0 ? "Nothing is overdue" : `${count(overdue)} overdue`;
  const observed = rows.filter((row) => row["evidence"] === "observed");
  const stores = observed.map((row) => {
    const [seen, deleted, late] = ["looked_at", "deleted", "overdue"].map((column) =>
      count(Number(row[column]))
    );
    const tone = Number(row["overdue"]) > 0 ? "bad" : "";
    const text = `${seen} seen, ${deleted} deleted, ${late} overdue`;
    return dueItem(String(row["store"]), text, tone);
  });
  const others = rows.length - observed.length;
  const note = `Certificate ${first?.["certificate"]}, ${
    duration(agoMs)
  } ago; ${others} more places are bounded by settings.`;
  return [
    element("p", overdue === 0 ? "verdict good" : "verdict bad", verdict),
    element("p", "note", note),
    dueList(stores),
  ];
}

function objectives(rows: readonly Row[]) {
  const names = [...new Set(rows.map((row) => String(row["objective"])))].toSorted();
  return [dueList(names.map((name) => {
    const windows = rows.filter((row) => row["objective"] === name)
      .toSorted((a, b) => Number(a["window_hours"]) - Number(b["window_hours"]));
    const isBurning = windows.some((row) => row["is_burning"] === true);
    const rates = windows.map((row) =>
      `${row["window_hours"]} h: ${Number(Number(row["burn_rate"]).toPrecision(2))}`
    );
    const target = Number(windows[0]?.["target"]) * 100;
    return dueItem(
      `${name.replaceAll("_", " ")}, ${Number(target.toPrecision(4))} %`,
      isBurning ? "burning" : "within budget",
      isBurning ? "bad" : "good",
      element("span", "note", rates.join(" · ")),
    );
  }))];
}

function dueList(items: readonly HTMLElement[]): HTMLElement {
  return element("div", "due", ...items);
}

function dueItem(name: string, left: string, tone: string, ...more: HTMLElement[]): HTMLElement {
  const leftClass = `left ${tone}`.trimEnd();
  return element("div", "", element("span", "", name), element("span", leftClass, left), ...more);
}

function storage(rows: readonly Row[]) {
  const groups = [...Map.groupBy(rows, (row) => String(row["tenant"]))].toSorted();
  return {
    labels: groups.map(([tenant]) => tenant),
    series: [
      { label: "raw", color: "--kafka", values: groups.map(([, of]) => total(of, "raw_bytes")) },
      {
        label: "renditions",
        color: "--kafka-soft",
        values: groups.map(([, of]) => total(of, "rendition_bytes")),
      },
    ],
    horizontal: true,
    stacked: true,
    format: bytes,
  };
}

function hourLabel(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 13)}:00`;
}
