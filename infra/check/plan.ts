/**
 * The infrastructure, checked: `main` runs `steps`, each a tool over the tree or over a plan; `findings` reads a plan's
 * JSON for what must not be, `inventory` for what must be; `identities_table` writes docs/security.md's table from it.
 */

/** What `terraform show -json` says of one resource that a plan makes. */
export interface PlannedResource {
  readonly address: string;
  readonly type: string;
  /** The key of `for_each` or the number of `count`. */
  readonly index?: string | number;
  readonly change: {
    /** The attributes that are known before the apply. */
    readonly after: Readonly<Record<string, unknown>>;
    /** `true` in the place of each attribute that is known only after it. */
    readonly after_unknown: Readonly<Record<string, unknown>>;
  };
}

/** Reads the JSON of `terraform show -json PLAN`; throws TypeError where it is something else. */
export function readPlan(json: string): PlannedResource[] {
  const plan: unknown = JSON.parse(json);
  const changes = memberOf(plan, "resource_changes");
  if (!Array.isArray(changes)) {
    throw new TypeError("Cannot read plan as it has no resource_changes");
  }
  return changes.filter(isPlanned);
}

function isPlanned(value: unknown): value is PlannedResource {
  const after = memberOf(memberOf(value, "change"), "after");
  const isMade = memberOf(value, "mode") !== "data";
  return isMade && typeof memberOf(value, "address") === "string" && typeof after === "object" &&
    after !== null;
}

/** A text attribute, `undefined` where it is not there or only known after the apply. */
export function textOf({ change }: PlannedResource, name: string): string | undefined {
  const value = change.after[name];
  return typeof value === "string" ? value : undefined;
}

/** Whether each place at `path` has a value, known now or only after the apply; lists stand for each of their elements. */
export function isSet({ change }: PlannedResource, path: readonly string[]): boolean {
  return isSetAt(change.after, change.after_unknown, path);
}

function isSetAt(known: unknown, unknown: unknown, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (unknown === true) return true;
  if (Array.isArray(known)) {
    if (known.length === 0) return false;
    const beside = Array.isArray(unknown) ? unknown : [];
    return known.every((each, index) => isSetAt(each, beside[index], path));
  }
  if (name === undefined) return known !== null && known !== undefined && known !== "";
  return isSetAt(memberOf(known, name), memberOf(unknown, name), rest);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
