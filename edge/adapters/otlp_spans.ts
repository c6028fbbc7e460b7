import type { RequestSpan, SpanSink } from "../ports.ts";

const SERVER = 2;
const ERROR = 2;
const TIMEOUT_MS = 2_000;

/**
 * Sends spans to an OTLP collector (OTLP/HTTP in JSON, https://opentelemetry.io/docs/specs/otlp/#otlphttp), one a request.
 * `url` is the collector's whole address, `/v1/traces` included.
 */
export function otlpSpans(url: string): SpanSink {
  return {
    async send(span) {
      const body = JSON.stringify(exportOf(span));
      const headers = { "Content-Type": "application/json" };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      // A collector that is away costs its spans and nothing else.
      await fetch(url, { method: "POST", headers, body, signal })
        .then((response) => response.body?.cancel())
        .catch(() => undefined);
    },
  };
}

function exportOf(span: RequestSpan) {
  const { traceId, spanId, parentSpanId, name, startMs, endMs, status } = span;
  return {
    resourceSpans: [{
      resource: { attributes: attributesOf({ "service.name": "edge" }) },
      scopeSpans: [{
        scope: { name: "tintype-edge" },
        spans: [{
          traceId,
          spanId,
          ...(parentSpanId === undefined ? {} : { parentSpanId }),
          name,
          kind: SERVER,
          startTimeUnixNano: nanosOf(startMs),
          endTimeUnixNano: nanosOf(endMs),
          attributes: [
            { key: "http.response.status_code", value: { intValue: String(status) } },
            ...attributesOf(span.attributes),
          ],
          ...(status >= 500 ? { status: { code: ERROR } } : {}),
        }],
      }],
    }],
  };
}

function attributesOf(attributes: Readonly<Record<string, string | undefined>>) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: { stringValue: value } }]
  );
}

function nanosOf(ms: number): string {
  return `${ms}000000`;
}
