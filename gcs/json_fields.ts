/** The fields of a JSON object in a text; none where the text is anything else. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The fields of a JSON object; none where the value is anything else. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Record<string, unknown> : {}; // an object by the check
}
