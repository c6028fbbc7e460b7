/// <reference lib="dom" />
import { html, type TemplateResult } from "lit-html";
import type { Bars } from "./charts.ts";
import { bytes, count, day, duration, milliseconds } from "./format.ts";
import { type Context, type Row, total } from "./rows.ts";

/** What a card is about. */
export interface CardPlan {
  readonly view: string;
  readonly title: string;
  /** Takes two columns where there are three. */
  readonly isWide?: boolean;
  /** One line that says what is counted. */
  readonly note: string;
  /** What to show of the view's rows, of which there is one at least. */
  readonly show: (rows: readonly Row[], context: Context) => Bars | TemplateResult;
  /** Said where the view has no rows. */
  readonly empty: string;
}

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
    title: "Sources and tenants",
    note: "Images that each source took in, by tenant",
    show: (rows) => byStatus(rows, (row) => `${row["source"]} · ${row["tenant"]}`),
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
    show: (rows) => byStatus(rows, (row) => String(row["reason"])),
    empty: "Nothing was rejected.",
  },
  {
    view: "formats_and_devices",
    title: "Devices",
    note: "Ready images by the camera that took them",
    show: (rows) => bars(largest(rows, deviceOf, "images"), [sumOf("images", "--edge")]),
    empty: "No image is ready yet.",
  },
  {
    view: "formats_and_devices",
    title: "Formats",
    note: "Ready images by what their bytes are",
    show(rows) {
      const groups = largest(rows, (row) => String(row["media_type"]), "images");
      return bars(groups, [sumOf("images", "--kafka")]);
    },
    empty: "No image is ready yet.",
  },
  {
    view: "dominant_colors",
    title: "Dominant colours",
    note: "How often a colour is among an image's five most striking",
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

/** Rows that make one bar, or one bar of each series. */
interface Group {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** A series of bars: what each group's rows come to. */
interface GroupSeries {
  readonly label: string;
  readonly color: string | readonly string[];
  readonly value: (rows: readonly Row[]) => number;
}

function bars(
  groups: readonly Group[],
  series: readonly GroupSeries[],
  settings: Partial<Bars> = {},
): Bars {
  return {
    labels: groups.map(({ name }) => name),
    series: series.map(({ label, color, value }) => ({
      label,
      color,
      values: groups.map(({ rows }) => value(rows)),
    })),
    horizontal: true,
    format: count,
    ...settings,
  };
}

function sumOf(column: string, color: string | readonly string[], label = column): GroupSeries {
  return { label, color, value: (rows) => total(rows, column) };
}

function groupsOf(rows: readonly Row[], nameOf: (row: Row) => string): Group[] {
  return [...Map.groupBy(rows, nameOf)].map(([name, rows]) => ({ name, rows }));
}

/** The groups of the largest sums, the largest first. */
function largest(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  column: string,
  most = MAX_BARS,
): Group[] {
  return groupsOf(rows, nameOf)
    .toSorted((a, b) => total(b.rows, column) - total(a.rows, column)).slice(0, most);
}

/** By hour while everything is of the last half day, else by day. */
function volume(rows: readonly Row[], { nowMs }: Context): Bars {
  const timeOf = (row: Row) => Date.parse(String(row["hour"]));
  const isYoung = nowMs - Math.min(...rows.map(timeOf)) < CHARTED_HOURS * HOUR_MS;
  const [stepMs, steps] = isYoung ? [HOUR_MS, CHARTED_HOURS] : [DAY_MS, 8];
  const lastMs = Math.floor(nowMs / stepMs) * stepMs;
  const groups = Array.from({ length: steps }, (_, index) => {
    const ms = lastMs - (steps - 1 - index) * stepMs;
    const time = new Date(ms).toISOString();
    return {
      name: isYoung ? `${time.slice(11, 13)}:00` : day(time),
      rows: rows.filter((row) => Math.floor(timeOf(row) / stepMs) * stepMs === ms),
    };
  });
  const series = STATUSES.map((status) => sumOf(status, `--${status}`));
  return bars(groups, series, { horizontal: false, stacked: true });
}

function byStatus(rows: readonly Row[], nameOf: (row: Row) => string): Bars {
  const used = STATUSES.filter((status) => rows.some((row) => row["status"] === status));
  const series = used.map((status) => ({
    label: status,
    color: `--${status}`,
    value: (rows: readonly Row[]) =>
      total(rows.filter((row) => row["status"] === status), "images"),
  }));
  return bars(largest(rows, nameOf, "images"), series, { stacked: true });
}

function latency(rows: readonly Row[]): Bars {
  const newest = rows.map((row) => String(row["day"])).toSorted().at(-1);
  const today = rows.filter((row) => row["day"] === newest)
    .toSorted((a, b) => Number(a["step"]) - Number(b["step"]));
  const stages = groupsOf(today, (row) => String(row["stage"]).replaceAll("_", " "));
  const sources = [...new Set(today.map((row) => String(row["source"])))].toSorted();
  const series = sources.map((source) => ({
    label: source,
    color: `--${source}`,
    value: (rows: readonly Row[]) =>
      total(rows.filter((row) => row["source"] === source), "p95_ms"),
  }));
  return bars(stages, series, { format: milliseconds });
}

function deviceOf(row: Row): string {
  if (row["camera_make"] === "none") return "no camera named";
  return row["camera_model"] === "none" ? String(row["camera_make"]) : String(row["camera_model"]);
}

function colors(rows: readonly Row[]): Bars {
  const groups = largest(rows, (row) => String(row["color"]), "uses", 12);
  return bars(groups, [sumOf("uses", groups.map(({ name }) => name))]);
}

function storage(rows: readonly Row[]): Bars {
  const groups = groupsOf(rows, (row) => String(row["tenant"]))
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
  const series = [
    sumOf("raw_bytes", "--kafka", "raw"),
    sumOf("rendition_bytes", "--kafka-soft", "renditions"),
  ];
  return bars(groups, series, { stacked: true, format: bytes });
}

function retention(rows: readonly Row[], { nowMs, retentionMs }: Context): TemplateResult {
  const t0Of = (row: Row) => Date.parse(String(row["oldest_t0"]));
  const next = rows.toSorted((a, b) => t0Of(a) - t0Of(b)).slice(0, MAX_COUNTDOWNS);
  const items = next.map((row) => {
    const leftMs = t0Of(row) + retentionMs - nowMs;
    const images = Number(row["images"]);
    const name = `${day(String(row["day"]))} · ${row["tenant"]}`;
    return dueItem(
      `${name} · ${count(images)} ${images === 1 ? "image" : "images"}`,
      leftMs > 0 ? `in ${duration(leftMs)}` : `due since ${duration(leftMs)}`,
      leftMs > 0 ? "" : "warn",
      html`
        <progress max=${retentionMs} value=${Math.min(retentionMs, retentionMs - leftMs)}
          aria-label="time that has passed"></progress>
      `,
    );
  });
  return html`<div class="due">${items}</div>`;
}

function certificate(rows: readonly Row[], { nowMs }: Context): TemplateResult {
  const [first] = rows;
  const overdue = total(rows, "overdue");
  const agoMs = nowMs - Date.parse(String(first?.["swept_at"]));
  const verdict = overdue === 0 ? "Nothing is overdue" : `${count(overdue)} overdue`;
  const observed = rows.filter((row) => row["evidence"] === "observed");
  const stores = observed.map((row) => {
    const of = (column: string) => count(Number(row[column]));
    const text = `${of("looked_at")} seen, ${of("deleted")} deleted, ${of("overdue")} overdue`;
    return dueItem(String(row["store"]), text, Number(row["overdue"]) > 0 ? "bad" : "");
  });
  return html`
    <p class="verdict ${overdue === 0 ? "good" : "bad"}">${verdict}</p>
    <p class="note">Certificate ${first?.["certificate"]}, ${duration(agoMs)} ago;
      ${rows.length - observed.length} more places are bounded by settings.</p>
    <div class="due">${stores}</div>
  `;
}

function objectives(rows: readonly Row[]): TemplateResult {
  const groups = groupsOf(rows, (row) => String(row["objective"]))
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
  const items = groups.map(({ name, rows }) => {
    const windows = rows.toSorted((a, b) => Number(a["window_hours"]) - Number(b["window_hours"]));
    const isBurning = windows.some((row) => row["is_burning"] === true);
    const rates = windows.map((row) =>
      `${row["window_hours"]} h: ${Number(Number(row["burn_rate"]).toPrecision(2))}`
    );
    const target = Number(windows[0]?.["target"]) * 100;
    return dueItem(
      `${name.replaceAll("_", " ")}, ${Number(target.toPrecision(4))} %`,
      isBurning ? "burning" : "within budget",
      isBurning ? "bad" : "good",
      html`<span class="note">${rates.join(" · ")}</span>`,
    );
  });
  return html`<div class="due">${items}</div>`;
}

function dueItem(name: string, left: string, tone: string, more?: TemplateResult): TemplateResult {
  return html`<div><span>${name}</span><span class="left ${tone}">${left}</span>${more}</div>`;
}
