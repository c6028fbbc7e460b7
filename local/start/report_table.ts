import { shownText } from "@tintype/cli/shown_text";
import type { StartReport } from "./check_results.ts";
import type { PictureResult } from "./send_pictures.ts";

const COLUMNS: Readonly<Record<string, (result: PictureResult) => string>> = {
  "picture": ({ file }) => shownText(file),
  "door": ({ door }) => door,
  "status": ({ status, reason }) => reason === undefined ? status : `${status}: ${reason}`,
  "bytes in": ({ bytes }) => String(bytes),
  "renditions": ({ renditions }) => String(renditions),
  "ready ms": ({ readyMs }) => readyMs === null ? "-" : String(readyMs),
  "row": ({ row }) => row ? "yes" : "no",
  "event": ({ event }) => event ? "yes" : "no",
};
const FIGURES = new Set(["bytes in", "renditions", "ready ms"]);

/** The report as a table that people read, a line a picture and a total. */
export function reportTable(report: StartReport): string {
  const columns = Object.entries(COLUMNS).map(([heading, cellOf]) => {
    const cells = [heading, ...report.images.map(cellOf)];
    const width = Math.max(...cells.map((cell) => cell.length));
    const pad = (cell: string) => FIGURES.has(heading) ? cell.padStart(width) : cell.padEnd(width);
    return cells.map(pad).toSpliced(1, 0, "-".repeat(width));
  });
  const lines = (columns[0] ?? []).map((_, line) => columns.map((cells) => cells[line]));
  return [...lines.map((cells) => cells.join("  ").trimEnd()), "", total(report)].join("\n");
}

function total({ images, lost, doubled, eventMs, purged }: StartReport): string {
  const count = (status: PictureResult["status"]) =>
    `${images.filter((image) => image.status === status).length} ${status}`;
  const counts = [
    `${images.length} pictures`,
    ...(["ready", "rejected", "refused"] as const).map(count),
  ];
  counts.push(`${lost} lost`, `${doubled} doubled`);
  if (eventMs !== null) counts.push(`half of the events within ${eventMs} ms`);
  if (purged !== undefined) counts.push(purged ? "everything purged" : "NOT everything purged");
  return counts.join(", ");
}
