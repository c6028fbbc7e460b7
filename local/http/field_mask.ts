/** Partial responses (https://cloud.google.com/storage/docs/json_api#partial-response): `items(name,metadata/x),nextPageToken`. */
import { Refusal } from "./refusal.ts";

/** Fields by name, each with those inside of it; an empty map stands for the whole field. `*` is every field. */
export type FieldMask = ReadonlyMap<string, FieldMask>;

/** Reads a mask; throws Refusal `invalid` where it is of another form, or names a field that `known` lacks. */
export function parseFieldMask(text: string, known?: FieldMask): FieldMask {
  const tokens = text.match(/[^,()/\s]+|[,()/]/g) ?? [];
  const mask = new Map<string, FieldMask>();
  let at = 0;
  const invalid = (name = tokens[at] ?? "its end") =>
    new Refusal("invalid", `Invalid field selection ${name}`);

  function readList(into: Map<string, FieldMask>, allowed: FieldMask | undefined): void {
    do readField(into, allowed); while (tokens[at++] === ",");
    at -= 1;
  }
  function readField(into: Map<string, FieldMask>, allowed: FieldMask | undefined): void {
    const name = tokens[at] ?? "";
    if (!/^[\w.*-]+$/.test(name)) throw invalid();
    if (allowed !== undefined && allowed.size > 0 && name !== "*" && !allowed.has(name)) {
      throw invalid(name);
    }
    at += 1;
    const inner = new Map(into.get(name));
    const isWhole = into.has(name) && inner.size === 0;
    if (tokens[at] === "/") {
      at += 1;
      readField(inner, allowed?.get(name));
    } else if (tokens[at] === "(") {
      at += 1;
      readList(inner, allowed?.get(name));
      if (tokens[at++] !== ")") throw invalid(name);
    } else inner.clear();
    into.set(name, isWhole ? new Map() : inner);
  }

  readList(mask, known);
  if (at < tokens.length) throw invalid();
  return mask;
}

/** The parts of a JSON value that a mask names; of a list, of each item. Nothing is left of a field that is none of them. */
export function applyFieldMask(value: unknown, mask: FieldMask): unknown {
  if (mask.size === 0) return value;
  if (Array.isArray(value)) return value.map((item) => applyFieldMask(item, mask));
  if (typeof value !== "object" || value === null) return undefined;
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    const own = mask.get(name) ?? mask.get("*");
    return own === undefined ? [] : [[name, applyFieldMask(inner, own)]];
  });
  return Object.fromEntries(kept);
}
