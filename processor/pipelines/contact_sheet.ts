import { WRITTEN_FORMATS } from "@tintype/core/model/rendition";
import type { OwnValue } from "@tintype/core/model/own_value";
import type { Trial } from "./trial.ts";

/** A trial and the folder below the sheet's that holds its renditions. */
export interface SheetEntry {
  readonly folder: string;
  readonly trial: Trial;
}

const STYLE = "body{font:15px system-ui;margin:2rem;background:#f4f3ef;color:#222}" +
  "section{margin:0 0 2rem;padding:1rem;background:#fff}h2{margin:0 0 .5rem;font-size:1rem}" +
  "figure{display:inline-block;margin:0 1rem 1rem 0}img{max-width:22rem;max-height:22rem}" +
  "figcaption,td{font-size:.8rem}td{padding:0 1rem 0 0;vertical-align:top}.problem{color:#a00}";

/** The page of all trials: renditions, values, times and memory, a section a picture. */
export function contactSheet(title: string, entries: readonly SheetEntry[]): string {
  const sections = entries.map(({ folder, trial }) =>
    `<section><h2>${escaped(trial.name)}</h2><p>${escaped(summaryOf(trial))}</p>
${trial.rendered === undefined ? "" : figuresOf(folder, trial.rendered) + valuesOf(trial.rendered)}
</section>`
  );
  return `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title>
<style>${STYLE}</style><h1>${escaped(title)}</h1>
${sections.join("\n")}
`;
}

/** How long the whole and each stage, step and insight took, and the memory; or why there is nothing. */
export function summaryOf({ rendered, problem, tookMs, peakBytes }: Trial): string {
  const whole = `${Math.round(tookMs)} ms, ${Math.round(peakBytes / 2 ** 20)} MiB`;
  if (rendered === undefined) return `${problem} (${whole})`;
  const { timings, ownMs } = rendered;
  const stages = { decode: timings.decodeMs, renditions: timings.renditionsMs };
  const parts = Object.entries({ ...stages, insights: timings.insightsMs, ...ownMs });
  return `${whole}: ${parts.map(([name, ms = 0]) => `${name} ${Math.round(ms)} ms`).join(", ")}`;
}

/** The values of the company's own insights, a line each. */
export function ownValuesOf({ custom, extra }: NonNullable<Trial["rendered"]>): [string, string][] {
  return Object.entries({ ...custom, ...extra }).map(([name, value]) => [name, shown(value)]);
}

/** The file of a rendition, in its picture's folder. */
export function renditionFile(
  { name, format }: { name: string; format: keyof typeof WRITTEN_FORMATS },
) {
  return `${name}.${WRITTEN_FORMATS[format].extension}`;
}

function figuresOf(folder: string, { renditions }: NonNullable<Trial["rendered"]>): string {
  return renditions.map((rendition) => {
    const { name, width, height, bytes } = rendition;
    const path = `${encodeURIComponent(folder)}/${encodeURIComponent(renditionFile(rendition))}`;
    const caption = `${name}, ${width} × ${height}, ${Math.ceil(bytes.length / 1_000)} kB`;
    return `<figure><img src="${path}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`;
  }).join("");
}

function valuesOf(rendered: NonNullable<Trial["rendered"]>): string {
  const standard = Object.entries(rendered.insights).map(([name, value]) => [name, shown(value)]);
  const rows = [...ownValuesOf(rendered), ...standard].map(([name = "", value = ""]) =>
    `<tr><td>${escaped(name)}<td>${escaped(value)}`
  );
  return `<table>${rows.join("")}</table>`;
}

function shown(value: OwnValue): string {
  if (!Array.isArray(value)) return String(value);
  const head = value.slice(0, 8).map((item) => typeof item === "number" ? +item.toFixed(4) : item);
  return `[${head.join(", ")}${value.length > 8 ? `, … ${value.length} in all` : ""}]`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
