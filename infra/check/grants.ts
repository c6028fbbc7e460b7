import { objectsOf } from "@tintype/processor/audit/rights/object_condition";
import { type PlannedResource, textOf } from "./plan.ts";
import { RIGHTS } from "./rights.ts";

/** A member's role at a place, as a plan grants it. */
export interface Grant {
  readonly address: string;
  /** `serviceAccount:…`, `group:…`. */
  readonly member: string;
  /** A predefined role, or the verb of the custom role. */
  readonly role: string;
  /** `raw`, `images`, `processor`, `project` …; a view is `views`, an object of a bucket `config/days.json`. */
  readonly place: string;
  /** The identity that the member is, `deployer`, `planner` and `agent` included; undefined for a stranger. */
  readonly identity: string | undefined;
}

const TABLES = ["images", "purges", "tenant_access"];
const AGENT =
  /^serviceAccount:([a-z0-9-]+)@(gs-project-accounts|bigquery-encryption|serverless-robot-prod|compute-system|gcp-sa-[a-z-]+)\.iam\.gserviceaccount\.com$/;
const BY_KEY =
  /^google_(bigquery_dataset|secret_manager_secret|pubsub_topic|pubsub_subscription|service_account)_iam_member$/;
const WORKFLOWS =
  /^principalSet:\/\/iam\.googleapis\.com\/.*\/attribute\.environment\/[a-z]+(-plan)?$/;

/** Every grant of a plan: one for each resource that adds one member to one role. */
export function grantsOf(plan: readonly PlannedResource[]): Grant[] {
  return plan.filter(({ type }) => type.endsWith("_iam_member")).map((resource) => {
    const member = textOf(resource, "member") ?? "";
    return {
      address: resource.address,
      member,
      role: verbOf(textOf(resource, "role") ?? ""),
      place: placeOf(resource),
      identity: identityOf(member, resource),
    };
  });
}

/** `projects/p/roles/tintype_create` is the verb `create`; a predefined role is itself. */
function verbOf(role: string): string {
  const verb = /^projects\/[^/]+\/roles\/[a-z0-9_]+_([a-z]+)$/.exec(role)?.[1];
  return verb !== undefined && verb in RIGHTS.verbs ? verb : role;
}

function placeOf(resource: PlannedResource): string {
  const { type, index } = resource;
  if (type === "google_project_iam_member") return "project";
  if (type === "google_storage_bucket_iam_member") {
    return lastPart(textOf(resource, "bucket")) + conditionOf(resource);
  }
  if (type === "google_cloud_run_v2_service_iam_member") return lastPart(textOf(resource, "name"));
  if (type === "google_artifact_registry_repository_iam_member") return "registry";
  if (type === "google_bigquery_table_iam_member") {
    const table = textOf(resource, "table_id") ?? "";
    return TABLES.includes(table) ? table : "views";
  }
  // The keys of these name the place: bridge/kafka-password/open. Grants of Google's own accounts have none.
  return BY_KEY.test(type) && index !== undefined ? String(index).split("/")[1] ?? type : type;
}

function conditionOf(resource: PlannedResource): string {
  const conditions: unknown = resource.change.after["condition"];
  if (!Array.isArray(conditions) || conditions.length === 0) return "";
  return objectsOf(textOf(resource, "bucket") ?? "", String(conditions[0]?.expression));
}

function lastPart(name: string | undefined): string {
  return name?.split("-").at(-1) ?? "";
}

function identityOf(member: string, { index }: PlannedResource): string | undefined {
  const account = /^serviceAccount:([a-z0-9-]+)@[a-z0-9-]+\.iam\.gserviceaccount\.com$/.exec(member)
    ?.[1];
  // The table's own grants have the identity's name before the place's.
  const [key = "", place] = String(index ?? "").split("/");
  const agent = AGENT.exec(member)?.[2];
  if (agent !== undefined) {
    const isOfTable = place !== undefined && agent === `gcp-sa-${key}`;
    return isOfTable && RIGHTS.identities[key]?.kind === "agent" ? key : "agent";
  }
  if (WORKFLOWS.test(member)) return member.endsWith("-plan") ? "planner" : "deployer";
  if (account !== undefined) {
    return [...Object.keys(RIGHTS.identities), "deployer", "planner"].find((name) =>
      account.endsWith(`-${name}`)
    );
  }
  if (!/^(group|user):/.test(member)) return undefined;
  return RIGHTS.identities[key]?.kind === "people" ? key : undefined;
}
