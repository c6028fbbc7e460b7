/** Parses a JSON list that a command printed; throws Error where it is none, as after a call that failed. */
export function printedList<Item>(text: string, command: string): readonly Item[] {
  const value = parsed(text);
  if (Array.isArray(value)) return value;
  throw new Error(`Cannot read what ${command} printed: it is not a JSON list`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
