import { isAppError } from "@tintype/core/errors";
import type { LogFields } from "@tintype/core/ports/log";

const MISTAKES: ReadonlySet<string> = new Set([
  "TypeError",
  "RangeError",
  "ReferenceError",
  "NotCapable",
]);

/**
 * What a log may say of an error. Messages of our own errors hold ids and numbers only; others' may hold addresses
 * that are credentials (a session URI), so of them only the class, the code and the call site in our code are logged.
 */
export function describeError(error: unknown): LogFields {
  const ours = isAppError(error)
    ? { error: error.code, message: error.publicMessage }
    : { error: error instanceof Error ? error.name : typeof error, ...mistakeOf(error) };
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return ours;
  return { ...ours, cause: cause.name, causeCode: codeOf(cause) };
}

/** A mistake of ours (in code, or in the permissions that it runs with) is logged with its message and its call site. */
function mistakeOf(error: unknown): LogFields {
  if (!(error instanceof Error && MISTAKES.has(error.name))) return {};
  const place = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  return { message: error.message, place: place?.trim() };
}

function codeOf(error: Error): string | undefined {
  const { status, code } = error as { status?: unknown; code?: unknown }; // errors of Node and of clients carry them
  const words = [status, code].filter((word) => ["string", "number"].includes(typeof word));
  return words.length === 0 ? undefined : words.join(" ");
}
