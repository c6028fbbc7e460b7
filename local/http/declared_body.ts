import * as z from "zod";
import { notEmulated, Refusal } from "./refusal.ts";

/** The message of a schema for a value that only the real service takes. */
export const NOT_EMULATED = "not emulated";

/** A field that may only have this value: what another one asks for is not emulated. */
export function only<T extends string | boolean>(value: T) {
  return z.literal(value, NOT_EMULATED).optional();
}

/**
 * Reads the JSON of a body. Throws Refusal: `not_emulated` with the name of a field that the schema, a strict one, does not
 * have; `invalid` for a value.
 */
export function parseDeclared<T>(schema: z.ZodType<T>, json: unknown): T {
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const issues = read.error.issues.flatMap((issue) =>
    issue.code === "invalid_union" && issue.errors.length > 0 ? issue.errors.flat() : [issue]
  );
  for (const issue of issues) {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys") {
      throw notEmulated(issue.keys.map((key) => [...path, key].join(".")).join(", "));
    }
    if (issue.message === NOT_EMULATED) throw notEmulated(path.join("."));
  }
  const [issue] = read.error.issues;
  const where = issue?.path.join(".") || "body";
  throw new Refusal("invalid", `Invalid value at '${where}': ${issue?.message}`);
}

/** Parses a JSON text, an empty one as `{}`; throws Refusal `malformed`. */
export function parseJson(text: string, nullIsAbsent: boolean): unknown {
  if (text.trim() === "") return {};
  try {
    const absent = (_: string, value: unknown) => value === null ? undefined : value;
    return JSON.parse(text, nullIsAbsent ? absent : undefined);
  } catch (cause) {
    throw new Refusal("malformed", "Parse Error: the body is not JSON", { cause });
  }
}
