import type { TraceSpan } from "./trace_collector.ts";

/** One line of the tree, before it is drawn. */
interface Node {
  readonly atMs: number;
  readonly label: string;
  readonly ms: number | undefined;
  readonly children: readonly Node[];
}

/** Spans that the runtimes make of each HTTP request are summed up in the span that made the request. */
const OWN_SCOPES = /^tintype-/;
/** The attributes that a span's line shows, in this order. */
const SHOWN = ["http.response.status_code", "tintype.outcome", "tintype.status", "tintype.reason"];

/** A trace as a tree that people read: when each span began, what it was, how long it took; events are dots. */
export function traceTree(spans: readonly TraceSpan[]): string {
  const own = spans.filter(({ scope }) => OWN_SCOPES.test(scope));
  const ids = new Set(own.map(({ spanId }) => spanId));
  const startMs = Math.min(...own.map((span) => span.startMs));
  return own.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId))
    .map((span) => nodeOf(span, spans))
    .sort((a, b) => a.atMs - b.atMs)
    .flatMap((root) => linesOf(root, startMs))
    .join("\n");
}

/** From the first span's begin to the last one's end, in milliseconds. */
export function traceMs(spans: readonly TraceSpan[]): number {
  const own = spans.filter(({ scope }) => OWN_SCOPES.test(scope));
  return Math.max(...own.map(({ endMs }) => endMs)) -
    Math.min(...own.map(({ startMs }) => startMs));
}

function nodeOf(span: TraceSpan, all: readonly TraceSpan[]): Node {
  const children = all.filter(({ parentSpanId }) => parentSpanId === span.spanId);
  const own = children.filter(({ scope }) => OWN_SCOPES.test(scope));
  const events = span.events.map(({ name, atMs, attributes }) => ({
    atMs,
    label: `· ${name}`,
    ms: Number(attributes["ms"] ?? NaN),
    children: [],
  }));
  const nodes = own.map((child) => nodeOf(child, all));
  return {
    atMs: span.startMs,
    label: labelOf(span, children.length - own.length),
    ms: span.endMs - span.startMs,
    children: [...nodes, ...events].sort((a, b) => a.atMs - b.atMs),
  };
}

function labelOf({ name, part, attributes, failed }: TraceSpan, requests: number): string {
  const waitMs = Number(attributes["tintype.wait_ms"] ?? 0);
  const facts = [
    ...SHOWN.map((key) => attributes[key]),
    waitMs > 0 && `waited ${waitMs} ms`,
    requests > 0 && `${requests} HTTP request${requests === 1 ? "" : "s"}`,
    failed && "FAILED",
  ].filter(Boolean);
  return [name, `[${part}]`, ...facts].join(" ");
}

function linesOf(node: Node, startMs: number, prefix = "", childPrefix = ""): string[] {
  const at = `${Math.round(node.atMs - startMs)} ms`.padStart(9);
  const took = node.ms === undefined || Number.isNaN(node.ms) ? "" : `  ${rounded(node.ms)} ms`;
  const lines = [`${at}  ${prefix}${node.label}${took}`];
  node.children.forEach((child, index) => {
    const [own, below] = index === node.children.length - 1 ? ["└ ", "  "] : ["├ ", "│ "];
    lines.push(...linesOf(child, startMs, `${childPrefix}${own}`, `${childPrefix}${below}`));
  });
  return lines;
}

function rounded(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
