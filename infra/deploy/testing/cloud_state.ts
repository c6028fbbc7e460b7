/** A target of traffic as gcloud writes it: a share, or a tag without one. */
export interface TrafficTarget {
  readonly revisionName?: string;
  readonly latestRevision?: true;
  readonly percent?: number;
  readonly tag?: string;
}

/** What BigQuery would say of a revision, as bq prints it. */
interface Figures {
  readonly images: string;
  readonly failed: string;
  readonly p95_ms: string;
}

/** A Cloud Run service: it exists as soon as it has a revision; the newest is the last. */
export interface Service {
  name: string;
  revisions: { name: string; ready: boolean }[];
  traffic: TrafficTarget[];
}

/** The clouds that the fake programs share: Cloud Run services, their tables and rows, and a worker. */
export interface CloudState {
  /** The processor. */
  service: Service;
  keeper: Service;
  /** Columns of the schema files that the tables lack. */
  missingColumns: string[];
  /** Permissions that the account lacks, such as `run.services.list`. */
  denied: string[];
  /** What the next `terraform apply` makes: a revision that starts or does not, or no revision. */
  nextRevision: "ready" | "failing" | "none";
  /** Rows by revision; a revision without an entry does well. */
  figures: Record<string, Figures>;
  worker: {
    versions: { id: string; created_on: string; tag?: string }[];
    /** Ids of versions; the one that runs is the last. */
    deployments: string[];
  };
}

/** Returns clouds in which nothing was deployed; the services get their names once they exist. */
export function emptyCloud(name: string, keeper = `${name}-keeper`): CloudState {
  return {
    service: { name, revisions: [], traffic: [] },
    keeper: { name: keeper, revisions: [], traffic: [] },
    missingColumns: [],
    denied: [],
    nextRevision: "ready",
    figures: {},
    worker: { versions: [], deployments: [] },
  };
}

/** What a program says on stderr before it ends with a code: 2 for wrong usage, as gcloud does, else 1. */
export class Refusal extends Error {
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}
