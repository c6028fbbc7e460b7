import { context, SpanStatusCode, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("tintype-processor");

/** The port with a span around each of its calls, named `name.method`, in whatever span is active. */
export function traced<Port extends object>(name: string, port: Port): Port {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function" || typeof key !== "string") return member;
      return (...args: unknown[]) => traceCall(`${name}.${key}`, () => member.apply(target, args));
    },
  });
}

function traceCall(name: string, call: () => unknown): unknown {
  if (trace.getSpan(context.active()) === undefined) return call();
  return tracer.startActiveSpan(name, (span) => {
    const answer = call();
    if (!(answer instanceof Promise)) {
      span.end();
      return answer;
    }
    return answer.catch((error) => {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    }).finally(() => span.end());
  });
}
