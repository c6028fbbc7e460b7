import { Refusal } from "./cloud_state.ts";

/** Prints a resource, or each of a list, as `--format=json` or `--format=value(KEY)` does. */
export function printed(format: string | undefined, resource: unknown): string {
  if (format === "json") return JSON.stringify(resource);
  const key = /^value\(([\w.]+)\)$/.exec(format ?? "")?.[1];
  if (key === undefined) throw new Refusal(`there is no fake of --format=${format}`, 2);
  const resources = Array.isArray(resource) ? resource : [resource];
  return resources.map((one) => valueOf(one, key.split("."))).join("\n");
}

function valueOf(resource: unknown, [key, ...rest]: readonly string[]): string {
  if (key === undefined) return typeof resource === "string" ? resource : "";
  const value = Object.entries(resource ?? {}).find(([name]) => name === key)?.[1];
  return valueOf(value, rest);
}
