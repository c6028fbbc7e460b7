/// <reference lib="dom" />
import { html, type TemplateResult } from "lit-html";
import { bytes, count, duration, milliseconds } from "./format.ts";
import { type Context, type Row, total } from "./rows.ts";

/** The figures at the top of the page; `rowsOf` gives none of a view that could not be read. */
export function tiles(
  rowsOf: (view: string) => readonly Row[],
  context: Context,
): TemplateResult[] {
  const volume = rowsOf("daily_volume");
  const images = total(volume, "images");
  const imagesOf = (column: string, value: string) =>
    total(volume.filter((row) => row[column] === value), "images");
  const ready = imagesOf("status", "ready");
  const failed = imagesOf("status", "failed");
  const today = new Date(context.nowMs).toISOString().slice(0, 10);
  const places = rowsOf("certificate_state");
  const overdue = total(places, "overdue");
  const figures: readonly [string, string, string][] = [
    ["images are kept", count(images), ""],
    ["came in today", count(imagesOf("day", today)), ""],
    ["are ready", images === 0 ? "–" : `${Math.round(1000 * ready / images) / 10} %`, ""],
    ["accepted to ready, 95 %", slowest(rowsOf("latency_by_stage")), ""],
    ["failed by our fault", count(failed), failed > 0 ? "bad" : ""],
    ["are stored", bytes(total(volume, "bytes") + total(volume, "rendition_bytes")), ""],
    ["until the next purge", nextPurge(rowsOf("retention_state"), context), ""],
    places.length === 0
      ? ["overdue: no sweep yet", "–", ""]
      : ["overdue", count(overdue), overdue > 0 ? "bad" : "good"],
  ];
  return figures.map(([name, value, tone]) =>
    html`
      <div>
        <dt>${name}</dt>
        <dd class=${tone}>${value}</dd>
      </div>
    `
  );
}

/** Of the newest day and the slower source. */
function slowest(rows: readonly Row[]): string {
  const waits = rows.filter((row) => row["stage"] === "accepted_to_ready");
  const newest = waits.map((row) => String(row["day"])).toSorted().at(-1);
  if (newest === undefined) return "–";
  const today = waits.filter((row) => row["day"] === newest);
  return milliseconds(Math.max(...today.map((row) => Number(row["p95_ms"]))));
}

function nextPurge(rows: readonly Row[], { nowMs, retentionMs }: Context): string {
  if (rows.length === 0) return "–";
  const oldest = Math.min(...rows.map((row) => Date.parse(String(row["oldest_t0"]))));
  const leftMs = oldest + retentionMs - nowMs;
  return leftMs > 0 ? duration(leftMs) : "now";
}
