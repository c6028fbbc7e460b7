/// <reference lib="dom" />
import type { Context } from "./card.ts";
import { byId, element, type Row, total } from "./elements.ts";
import { bytes, count, duration, milliseconds } from "./format.ts";

/** The rows of a view by its name; none where it could not be read. */
type RowsOf = (view: string) => readonly Row[];

/** Writes the figures at the top of the page. */
export function updateTiles(rowsOf: RowsOf, context: Context): void {
  const volume = rowsOf("daily_volume");
  const images = total(volume, "images");
  const ready = total(volume.filter((row) => row["status"] === "ready"), "images");
  const failed = total(volume.filter((row) => row["status"] === "failed"), "images");
  const today = new Date(context.nowMs).toISOString().slice(0, 10);
  const places = rowsOf("certificate_state");
  const overdue = total(places, "overdue");
  const tiles: readonly [string, string, string][] = [
    ["images are kept", count(images), ""],
    ["came in today", count(total(volume.filter((row) => row["day"] === today), "images")), ""],
    ["are ready", images === 0 ? "–" : `${Math.round(1000 * ready / images) / 10} %`, ""],
    ["accepted to ready, 95 %", slowest(rowsOf("latency_by_stage")), ""],
    ["failed by our fault", count(failed), failed > 0 ? "bad" : ""],
    ["are stored", bytes(total(volume, "bytes") + total(volume, "rendition_bytes")), ""],
    ["until the next purge", nextPurge(rowsOf("retention_state"), context), ""],
    places.length === 0
      ? ["overdue: no sweep yet", "–", ""]
      : ["overdue", count(overdue), overdue > 0 ? "bad" : "good"],
  ];
  byId("tiles").replaceChildren(
    ...tiles.map(([name, value, tone]) =>
      element("div", "", element("dt", "", name), element("dd", tone, value))
    ),
  );
}

/** Of the newest day and the slower door. */
function slowest(rows: readonly Row[]): string {
  const waits = rows.filter((row) => row["stage"] === "accepted_to_ready");
  const newest = waits.map((row) => String(row["day"])).toSorted().at(-1);
  const today = waits.filter((row) => row["day"] === newest);
  return today.length === 0
    ? "–"
    : milliseconds(Math.max(...today.map((row) => Number(row["p95_ms"]))));
}

function nextPurge(rows: readonly Row[], { nowMs, retentionMs }: Context): string {
  if (rows.length === 0) return "–";
  const oldest = Math.min(...rows.map((row) => Date.parse(String(row["oldest_t0"]))));
  const leftMs = oldest + retentionMs - nowMs;
  return leftMs > 0 ? duration(leftMs) : "now";
}
