import { type CloudState, Refusal, type TrafficTarget } from "./cloud_state.ts";

type Service = CloudState["service"];
type Pairs = readonly (readonly [string, string])[];
/** The name of whichever revision is the newest that is ready. */
const LATEST = "LATEST";
/** https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
const MAX_TAG_AND_NAME = 46;

/** Returns the targets with these shares, which must be all of the traffic; tags stay, as targets without a share. */
export function divided(service: Service, shares: Pairs): TrafficTarget[] {
  const percents = shares.map(([key, percent]) => [key, Number(percent)] as const);
  const sum = percents.reduce((total, [, percent]) => total + percent, 0);
  if (sum > 100) throw new Refusal("Over 100% of traffic is specified.");
  // gcloud would scale what is not named; no step relies on that.
  if (sum !== 100) throw new Refusal("100% of traffic has not been specified.");
  for (const [key] of percents) {
    if (isReady(service, key)) continue;
    throw new Refusal(`Revision '${key}' is not ready and cannot serve traffic.`);
  }
  const targets = percents.filter(([, percent]) => percent > 0)
    .map(([key, percent]) => ({ ...targetOf(key), percent }));
  return [...targets, ...tagsOf(service)];
}

/** Returns the targets with other tags. */
export function retagged(
  service: Service,
  { update, remove, clearOthers }: {
    readonly update: Pairs;
    readonly remove: readonly string[];
    readonly clearOthers: boolean;
  },
): TrafficTarget[] {
  for (const [tag, key] of update) assertTag(service, { tag, key });
  const gone = new Set([...remove, ...update.map(([tag]) => tag)]);
  const kept = clearOthers ? [] : tagsOf(service).filter(({ tag = "" }) => !gone.has(tag));
  return [
    ...service.traffic.filter(({ percent = 0 }) => percent > 0),
    ...kept,
    ...update.map(([tag, key]) => ({ ...targetOf(key), tag })),
  ];
}

/** Returns `status.traffic`: every target with its revision's name; undefined before any revision is ready. */
export function resolved(service: Service): TrafficTarget[] | undefined {
  const latest = service.revisions.findLast(({ ready }) => ready)?.name;
  if (latest === undefined) return undefined;
  return service.traffic.map((target) =>
    target.latestRevision ? { ...target, revisionName: latest } : target
  );
}

function assertTag(
  { name, ...service }: Service,
  { tag, key }: { readonly tag: string; readonly key: string },
): void {
  if (tag.length + name.length > MAX_TAG_AND_NAME) {
    throw new Refusal(`traffic tag '${tag}' and service name '${name}' together are too long.`);
  }
  if (!isReady({ name, ...service }, key)) throw new Refusal(`Revision '${key}' is not found.`);
}

function isReady({ revisions }: Service, key: string): boolean {
  return revisions.some(({ name, ready }) => ready && (key === LATEST || key === name));
}

function targetOf(key: string): TrafficTarget {
  return key === LATEST ? { latestRevision: true } : { revisionName: key };
}

function tagsOf({ traffic }: Service): TrafficTarget[] {
  return traffic.filter(({ tag }) => tag !== undefined);
}
