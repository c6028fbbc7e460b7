import { printedList } from "./printed_list.ts";

/** The traffic tag of the revision that served before the one that serves now: a rollback goes there. */
export const PREVIOUS_TAG = "previous";

/** An entry of `status.traffic`: a revision has one for its share, and one for each of its tags. */
interface TrafficEntry {
  readonly revisionName?: string;
  readonly percent?: number;
  readonly tag?: string;
}

/** What is read of a Cloud Run service (https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services). */
export interface RunService {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly traffic?: readonly TrafficEntry[];
    readonly latestCreatedRevisionName?: string;
    readonly latestReadyRevisionName?: string;
  };
}

/**
 * Finds a service in what `gcloud run services list --format=json` prints; undefined where it does not exist.
 * Throws Error where the text is not a list.
 */
export function findService(text: string, name: string): RunService | undefined {
  return printedList<RunService>(text, "gcloud").find(({ metadata }) => metadata.name === name);
}

/**
 * Returns the revision with the largest share of the traffic, or undefined where no revision was ever ready. Of equal
 * shares the newest revision's counts less, as that is a canary. Throws Error where a ready service has no traffic.
 */
export function servingRevision(service: RunService): string | undefined {
  const { metadata: { name }, status = {} } = service;
  const newestLast = (revision: string) => revision === status.latestCreatedRevisionName ? 1 : 0;
  const [first] = [...trafficShares(service)]
    .toSorted(([a, shareA], [b, shareB]) => shareB - shareA || newestLast(a) - newestLast(b));
  if (first !== undefined) return first[0];
  if (status.latestReadyRevisionName === undefined) return undefined;
  throw new Error(`Cannot find the revision that serves ${name}: its status has no traffic`);
}

/** Returns the revision tagged as previous; throws Error where none is, or where it has all traffic already. */
export function previousRevision(service: RunService): string {
  const { metadata: { name }, status } = service;
  const revision = status?.traffic?.find(({ tag }) => tag === PREVIOUS_TAG)?.revisionName;
  if (revision === undefined) {
    throw new Error(
      `Cannot roll back ${name}: no revision has the tag "${PREVIOUS_TAG}". Name one with --revision`,
    );
  }
  if (trafficShares(service).get(revision) === 100) {
    throw new Error(
      `Cannot roll back ${name}: ${revision} has the tag "${PREVIOUS_TAG}" and all traffic already. Name one with --revision`,
    );
  }
  return revision;
}

function trafficShares({ metadata, status }: RunService): Map<string, number> {
  const shares = new Map<string, number>();
  for (const { revisionName, percent = 0 } of status?.traffic ?? []) {
    if (percent === 0) continue;
    if (revisionName === undefined) {
      throw new Error(
        `Cannot read the traffic of ${metadata.name}: ${percent} % go to an unnamed revision`,
      );
    }
    shares.set(revisionName, (shares.get(revisionName) ?? 0) + percent);
  }
  return shares;
}
