/**
 * A collector for one machine: takes OTLP/HTTP exports in JSON at `POST /v1/traces`, holds their spans in memory, and
 * finds the trace of an image.
 */
import { jsonReply, readText } from "../http/call.ts";
import { EmulatorServer } from "../http/emulator_server.ts";
import { parseExport, type TraceSpan } from "./otlp_traces.ts";

/** A collector that listens on loopback. */
export interface TraceCollector {
  /** `http://localhost:PORT`, without a path. */
  readonly url: string;
  /** Every span of the trace in which a span names the image; none where there is no such span (yet). */
  traceOf(imageId: string): TraceSpan[];
  close(): Promise<void>;
}

const MAX_SPANS = 20_000;
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/** Starts a collector at `port`, 0 for one that is free. */
export async function startTraceCollector(port: number): Promise<TraceCollector> {
  const spans: TraceSpan[] = [];
  const server = new EmulatorServer({
    async answer({ method, path, body }) {
      if (method !== "POST" || path !== "/v1/traces") return jsonReply(404, {});
      spans.push(...parseExport(JSON.parse(await readText(body, MAX_BODY_BYTES) ?? "")));
      spans.splice(0, spans.length - MAX_SPANS);
      return jsonReply(200, {});
    },
    failure: () => jsonReply(400, {}),
    controls: [],
  }, { part: "traces", log: SILENT });
  return {
    url: await server.listen(port),
    traceOf(imageId) {
      // Requests that only read the image are traces of their own.
      const own = spans.find(({ name, attributes }) =>
        name === "process image" && attributes["tintype.image_id"] === imageId
      );
      return own === undefined ? [] : spans.filter(({ traceId }) => traceId === own.traceId);
    },
    close: () => server.close(),
  };
}
