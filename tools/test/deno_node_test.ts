/**
 * `node:test` as Deno's suites import it (by `deno_import_map.json`): Deno drops the reason of a skip and counts
 * `t.skip()` as passed, so the reason is written into the test's name, where the report finds it.
 */
import { describe as nodeDescribe, it as nodeIt, test as nodeTest } from "node:test";

export { after, afterEach, before, beforeEach, mock } from "node:test";

type Register = (...args: unknown[]) => unknown;

/** `test` that keeps the reason of its skip. */
export const test = keepingReasons(nodeTest);
/** `it` that keeps the reason of its skip. */
export const it = keepingReasons(nodeIt);
/** `describe` that keeps the reason of its skip. */
export const describe = keepingReasons(nodeDescribe);

function keepingReasons<T extends object>(register: T): T {
  const wrapped = (name: unknown, options: unknown, ...rest: unknown[]) =>
    (register as unknown as Register)( // every one of them takes (name, options, fn)
      nameWithReason(name, options),
      withLoudSkip(options),
      ...rest.map(withLoudSkip),
    );
  return Object.assign(wrapped, register);
}

function nameWithReason(name: unknown, options: unknown): unknown {
  if (typeof options !== "object" || options === null || !("skip" in options)) return name;
  if (typeof name !== "string" || typeof options.skip !== "string") return name;
  return `${name} (skipped: ${options.skip})`;
}

function withLoudSkip(value: unknown): unknown {
  if (typeof value !== "function" || value.length > 1) return value;
  const run = value as Register; // a test's body
  return (context: unknown) => {
    if (hasSkip(context)) context.skip = refuseSkip;
    return run(context);
  };
}

function hasSkip(context: unknown): context is { skip: () => void } {
  return typeof context === "object" && context !== null && "skip" in context;
}

function refuseSkip(): never {
  throw new TypeError("Cannot skip inside a test as Deno counts it as passed: use its skip option");
}
