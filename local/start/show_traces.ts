import { setTimeout as sleep } from "node:timers/promises";
import type { TraceCollector, TraceSpan } from "../trace/trace_collector.ts";
import { traceMs, traceTree } from "../trace/trace_tree.ts";
import type { Door } from "./options.ts";
import type { PictureResult } from "./send_pictures.ts";

/** Parts send their spans some seconds after they ended. */
const WAIT_MS = 20_000;
const POLL_MS = 250;
/** Of each source: its own span, and the processor's. */
const PARTS: Readonly<Record<Door, readonly string[]>> = {
  edge: ["edge", "processor"],
  kafka: ["bridge", "processor"],
};

/** The tree of one ready picture's spans for each source, as text; says so where spans did not come. */
export async function showTraces(
  collector: TraceCollector,
  results: readonly PictureResult[],
): Promise<string> {
  const byDoor = new Map(
    results.filter(({ status }) => status === "ready").toReversed()
      .map((result) => [result.door, result]),
  );
  const texts: string[] = [];
  for (const { file, door, imageId } of byDoor.values()) {
    const spans = await completeTrace(collector, imageId ?? "", PARTS[door]);
    const traceId = spans[0]?.traceId;
    texts.push(
      traceId === undefined
        ? `${file} through ${door}: no spans came`
        : `${file} through ${door}: trace ${traceId}, ${Math.round(traceMs(spans))} ms\n\n` +
          traceTree(spans),
    );
  }
  return texts.length === 0
    ? "No picture is ready, so there is no trace to show"
    : texts.join("\n\n");
}

async function completeTrace(
  collector: TraceCollector,
  imageId: string,
  parts: readonly string[],
): Promise<TraceSpan[]> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const spans = collector.traceOf(imageId);
    const isComplete = parts.every((part) => spans.some((span) => span.part === part));
    if (isComplete || Date.now() > deadline) return spans;
    await sleep(POLL_MS);
  }
}
