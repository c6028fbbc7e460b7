import type { StartReport } from "./check_results.ts";
import type { PictureResult } from "./send_pictures.ts";

const HEADINGS = [
  "picture",
  "door",
  "status",
  "bytes in",
  "renditions",
  "ready ms",
  "row",
] as const;

/** The report as a table that people read, a line a picture and a total. */
export function reportTable(report: StartReport): string {
  const lines = [HEADINGS, ...report.images.map(cells)].map((line) => line.map(String));
  const widths = HEADINGS.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0))
  );
  const text = lines.map((line) =>
    line.map((cell, column) => pad(cell, column, widths[column] ?? 0)).join("  ").trimEnd()
  );
  text.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return [...text, "", total(report)].join("\n");
}

function cells(
  { file, door, status, reason, bytes, renditions, readyMs, row }: PictureResult,
): string[] {
  const ended = reason === undefined ? status : `${status}: ${reason}`;
  return [
    printable(file),
    door,
    ended,
    String(bytes),
    String(renditions),
    readyMs === null ? "-" : String(readyMs),
    row ? "yes" : "no",
  ];
}

/** Names of files may hold line breaks, and codes that terminals obey. */
function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (code) => `\\x${code.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function pad(cell: string, column: number, width: number): string {
  return column >= 3 && column <= 5 ? cell.padStart(width) : cell.padEnd(width);
}

function total({ images, lost, doubled, purged }: StartReport): string {
  const count = (status: PictureResult["status"]) =>
    images.filter((image) => image.status === status).length;
  const counts = [
    `${images.length} pictures`,
    `${count("ready")} ready`,
    `${count("rejected")} rejected`,
    `${count("refused")} refused`,
    `${lost} lost`,
    `${doubled} doubled`,
  ];
  if (purged !== undefined) counts.push(purged ? "everything purged" : "NOT everything purged");
  return counts.join(", ");
}
