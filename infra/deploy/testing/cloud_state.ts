/** A target of traffic as gcloud writes it: a share, or a tag without one. */
export interface TrafficTarget {
  readonly revisionName?: string;
  readonly latestRevision?: true;
  readonly percent?: number;
  readonly tag?: string;
}

/** What a revision does with images: it refuses two deliveries of five, rejects every image, or takes four times as long. */
type Behaviour = "good" | "refuses" | "rejects" | "slow";

/** A revision of a service; one that is not ready never started. */
interface Revision {
  readonly name: string;
  readonly ready: boolean;
  readonly behaviour?: Behaviour;
}

/** A Cloud Run service: it exists as soon as it has a revision; the newest is the last. */
export interface Service {
  name: string;
  revisions: Revision[];
  traffic: TrafficTarget[];
}

/** A delivery to a revision: how it responded, and the row that came of it. */
interface Delivery {
  readonly revision: string;
  readonly status: number;
  readonly image?: string;
  readonly tenant: string;
  readonly outcome?: string;
  readonly ms: number;
}

/** A version of the worker. */
export interface WorkerVersion {
  readonly id: string;
  readonly created_on: string;
  tag?: string;
  readonly isBroken?: boolean;
}

/** The clouds that the fake programs share. */
export interface CloudState {
  /** The processor. */
  service: Service;
  keeper: Service;
  /** Columns of the schema files that the tables lack. */
  missingColumns: string[];
  /** Permissions that the account lacks, such as `run.services.list`. */
  denied: string[];
  /** Buckets of other people. */
  takenBuckets: string[];
  /** APIs that are enabled. */
  apis: string[];
  billed: boolean;
  /** What the next `terraform apply` makes: a revision that behaves so, one that does not start, or none. */
  next: Behaviour | "failing" | "none";
  deliveries: Delivery[];
  /** Images that customers send while a share is looked at. */
  customers: number;
  /** Digests by tag, which is immutable, and the builders that can attest. */
  registry: { readonly tags: Record<string, string>; readonly builders: string[]; exists: boolean };
  /** Serial numbers: of Terraform's state, and of the state that the plan in the bucket was made for. */
  terraform: { serial: number; plan: number | undefined };
  /** How many versions each secret has. */
  secrets: Record<string, number>;
  /** The text of the pseudonym keys' newest version. */
  pseudonymKeys: string;
  /** HMAC keys of accounts, the oldest first. */
  hmac: { readonly id: string; readonly account: string; state: "ACTIVE" | "INACTIVE" }[];
  worker: {
    /** Secrets that were put there. */
    readonly secrets: Record<string, string>;
    versions: WorkerVersion[];
    /** Shares by version's id; the deployment that runs is the last. */
    deployments: Record<string, number>[];
    /** Whether the next version that is uploaded fails. */
    nextIsBroken: boolean;
    /** Only a whole deployment makes the worker's Durable Objects. */
    isMigrated: boolean;
  };
}

/** Returns clouds in which nothing was deployed, but every secret has a value; the services get their names once they exist. */
export function emptyCloud(name: string, keeper: string): CloudState {
  const state: CloudState = {
    service: { name, revisions: [], traffic: [] },
    keeper: { name: keeper, revisions: [], traffic: [] },
    missingColumns: [],
    denied: [],
    takenBuckets: [],
    apis: ["cloudresourcemanager", "iam", "serviceusage"].map((api) => `${api}.googleapis.com`),
    billed: true,
    next: "good",
    deliveries: [],
    customers: 0,
    registry: { tags: {}, builders: ["default"], exists: false },
    terraform: { serial: 1, plan: undefined },
    secrets: { "pseudonym-keys": 1 },
    pseudonymKeys: JSON.stringify({ 1: "k".repeat(64) }),
    hmac: [],
    worker: {
      secrets: {},
      versions: [],
      deployments: [],
      nextIsBroken: false,
      isMigrated: false,
    },
  };
  putSecret(state.worker);
  return state;
}

/** What `wrangler secret put` does: a version without a tag that runs at once; without a worker it makes one. */
export function putSecret(worker: CloudState["worker"]): void {
  const { id } = addVersion(worker);
  worker.deployments.push({ [id]: 100 });
}

/** Adds a version, which runs nowhere yet. */
export function addVersion(worker: CloudState["worker"], tag?: string): WorkerVersion {
  const number = worker.versions.length + 1;
  const version: WorkerVersion = {
    id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    created_on: new Date(number * 60_000).toISOString(),
    ...tag === undefined ? {} : { tag },
    isBroken: worker.nextIsBroken,
  };
  worker.versions.push(version);
  return version;
}

/** Adds a revision; a service's first one gets what follows the newest. */
export function addRevision(
  service: Service,
  facts: Omit<Service["revisions"][number], "name">,
): string {
  const name = `${service.name}-${String(service.revisions.length + 1).padStart(5, "0")}-abc`;
  if (service.revisions.length === 0) service.traffic = [{ latestRevision: true, percent: 100 }];
  service.revisions.push({ name, ...facts });
  return name;
}

/** What a program says on stderr before it ends with a code: 2 for wrong usage, as gcloud does, else 1. */
export class Refusal extends Error {
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}
