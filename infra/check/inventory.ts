import attributes from "./attributes.json" with { type: "json" };
import { type Grant, grantsOf } from "./grants.ts";
import type { PlannedResource } from "./plan.ts";

/** What a plan makes and whom it lets do what: the expected-value file of an environment. */
export interface Inventory {
  /** How many resources of each kind, views counted as one. */
  readonly resources: Readonly<Record<string, number>>;
  /** `identity: role on place`, for each identity of ours. */
  readonly grants: readonly string[];
  /** Settings that the retention promise hangs on. */
  readonly settings: Readonly<Record<string, unknown>>;
}

const SETTINGS: Readonly<Record<string, readonly string[]>> = attributes.settings;
const VIEW_GRANTS = /^google_bigquery_(dataset_access\.authorised_view|table\.(shared_)?view)/;

/** The inventory of a plan, in an order that does not depend on Terraform's. */
export function inventoryOf(plan: readonly PlannedResource[]): Inventory {
  return {
    resources: countsOf(plan),
    grants: [...new Set(grantsOf(plan).map(grantText))].toSorted(),
    settings: Object.fromEntries(
      plan.flatMap((resource) => settingsOf(resource)).toSorted(([a], [b]) => a < b ? -1 : 1),
    ),
  };
}

function grantText({ identity, member, role, place }: Grant): string {
  const who = identity === "agent" ? member.replace(/^.*@(.*?)\..*$/, "agent $1") : identity;
  return `${who}: ${role} on ${place}`;
}

/** Kinds in the order of addresses; however many views there are, what stands for each of them is one. */
function countsOf(plan: readonly PlannedResource[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const planned of plan.toSorted((a, b) => a.address < b.address ? -1 : 1)) {
    const isView = isOfView(planned);
    const kind = isView ? `${planned.type} of views` : planned.type;
    counts[kind] = isView ? 1 : (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function isOfView({ address, index }: PlannedResource): boolean {
  return VIEW_GRANTS.test(address) || String(index ?? "").includes("/views/");
}

function settingsOf({ address, type, change }: PlannedResource): [string, unknown][] {
  const names = SETTINGS[type];
  if (names === undefined) return [];
  const settings = names.map((name) => [name, withoutNulls(change.after[name])] as const);
  return [[address, Object.fromEntries(settings)]];
}

/** What nobody set is not part of the inventory, so that a provider's new attribute changes nothing. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => isGiven(each))
      .map(([name, each]) => [name, withoutNulls(each)]),
  );
}

function isGiven(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === false) return false;
  return !Array.isArray(value) || value.length > 0;
}
