import type { TraceSpan } from "./otlp_traces.ts";

/** One line of the tree, before it is drawn. */
interface Node {
  readonly atMs: number;
  readonly label: string;
  readonly ms: number | undefined;
  readonly children: readonly Node[];
}

/** Spans that the runtimes make of each HTTP request are summed up in the span that made the request. */
const OWN_SCOPES = /^tintype-/;
/** What a span's line says of its attributes, in this order. */
const TOLD = ["http.response.status_code", "tintype.outcome", "tintype.status", "tintype.reason"];

/** A trace as a tree that people read: when each span began, what it was, how long it took; events are dots. */
export function traceTree(spans: readonly TraceSpan[]): string {
  const own = spans.filter(({ scope }) => OWN_SCOPES.test(scope));
  const ids = new Set(own.map(({ spanId }) => spanId));
  const roots = own.filter(({ parentSpanId }) =>
    parentSpanId === undefined || !ids.has(parentSpanId)
  )
    .map((span) => nodeOf(span, { own, all: spans }))
    .sort((a, b) => a.atMs - b.atMs);
  const startMs = Math.min(...own.map((span) => span.startMs));
  const lines = roots.flatMap((root) => linesOf(root, { startMs, prefix: "", childPrefix: "" }));
  return lines.join("\n");
}

/** From the first span's begin to the last one's end, in milliseconds. */
export function traceMs(spans: readonly TraceSpan[]): number {
  const own = spans.filter(({ scope }) => OWN_SCOPES.test(scope));
  return Math.max(...own.map(({ endMs }) => endMs)) -
    Math.min(...own.map(({ startMs }) => startMs));
}

interface Forest {
  readonly own: readonly TraceSpan[];
  readonly all: readonly TraceSpan[];
}

function nodeOf(span: TraceSpan, forest: Forest): Node {
  const { own, all } = forest;
  const isChild = ({ parentSpanId }: TraceSpan) => parentSpanId === span.spanId;
  const events = span.events.map(({ name, atMs, attributes }) => ({
    atMs,
    label: `· ${name}`,
    ms: Number(attributes["ms"] ?? NaN),
    children: [],
  }));
  const children = own.filter(isChild).map((child) => nodeOf(child, forest));
  const requests = all.filter((each) => isChild(each) && !OWN_SCOPES.test(each.scope)).length;
  return {
    atMs: span.startMs,
    label: labelOf(span, requests),
    ms: span.endMs - span.startMs,
    children: [...children, ...events].sort((a, b) => a.atMs - b.atMs),
  };
}

function labelOf({ name, part, attributes, failed }: TraceSpan, requests: number): string {
  const told = TOLD.flatMap((key) => attributes[key] ?? []);
  const facts = [
    ...told,
    ...(Number(attributes["tintype.wait_ms"] ?? 0) > 0
      ? [`waited ${attributes["tintype.wait_ms"]} ms`]
      : []),
    ...(requests === 0 ? [] : [`${requests} HTTP request${requests === 1 ? "" : "s"}`]),
    ...(failed ? ["FAILED"] : []),
  ];
  return [name, `[${part}]`, facts.join(" ")].join(" ").trimEnd();
}

function linesOf(
  node: Node,
  { startMs, prefix, childPrefix }: {
    readonly startMs: number;
    readonly prefix: string;
    readonly childPrefix: string;
  },
): string[] {
  const at = `${Math.round(node.atMs - startMs)} ms`.padStart(9);
  const took = node.ms === undefined || Number.isNaN(node.ms) ? "" : `  ${rounded(node.ms)} ms`;
  const lines = [`${at}  ${prefix}${node.label}${took}`];
  node.children.forEach((child, index) => {
    const isLast = index === node.children.length - 1;
    lines.push(...linesOf(child, {
      startMs,
      prefix: `${childPrefix}${isLast ? "└ " : "├ "}`,
      childPrefix: `${childPrefix}${isLast ? "  " : "│ "}`,
    }));
  });
  return lines;
}

function rounded(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
