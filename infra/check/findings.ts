import attributes from "./attributes.json" with { type: "json" };
import { type Grant, grantsOf } from "./grants.ts";
import { isSet, type PlannedResource, textOf } from "./plan.ts";
import { allRights, RIGHTS } from "./rights.ts";

const KEY_OF: Readonly<Record<string, readonly string[]>> = attributes.keys;
const AGENT_ROLES: Readonly<Record<string, readonly string[]>> = attributes.agents;

const PLANNER_ON_STATE = ["roles/storage.objectUser"];
const WORKFLOW_ON_ACCOUNTS = {
  deployer: ["roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser"],
  planner: ["roles/iam.workloadIdentityUser"],
};
const PRIMITIVE = /^roles\/(owner|editor|viewer|browser)$/;
const LABELS = ["app", "environment", "managed-by"];

/**
 * Everything that a plan must not hold, a sentence each: rights beyond the table, primitive roles, everybody, keys, resources
 * without labels, and data without a key where the plan's profile has keys of its own.
 */
export function findingsOf(plan: readonly PlannedResource[]): string[] {
  const grants = grantsOf(plan);
  const hasOwnKeys = plan.some(({ type }) => type === "google_kms_crypto_key");
  return [
    ...grants.flatMap(wrongGrant),
    ...missingGrants(grants, plan),
    ...plan.flatMap(wrongResource),
    ...(hasOwnKeys ? plan.flatMap(missingKey) : []),
    ...plan.flatMap(missingLabels),
  ];
}

function wrongGrant(grant: Grant): string[] {
  const { address, member, role, place, identity } = grant;
  if (/^all(Authenticated)?Users$/.test(member)) return [`${address}: ${member} may ${role}`];
  if (PRIMITIVE.test(role)) return [`${address}: ${role} is a primitive role`];
  if (identity === undefined) return [`${address}: ${member} is none of the identities`];
  if (identity === "agent") {
    const type = address.split(".")[0] ?? "";
    return AGENT_ROLES[type]?.includes(role) ? [] : [`${address}: ${member} may ${role}`];
  }
  if (identity === "deployer" || identity === "planner") return wrongWorkflow(grant, identity);
  const isListed = allRights().some((right) =>
    right.identity === identity && right.place === place && right.verb === role
  );
  return isListed ? [] : [`${address}: ${identity} may ${role} on ${place}, which no right says`];
}

function wrongWorkflow(
  { address, role, place }: Grant,
  name: "deployer" | "planner",
): string[] {
  const elsewhere = place === "terraform" ? PLANNER_ON_STATE : WORKFLOW_ON_ACCOUNTS[name];
  const allowed = place === "project" ? RIGHTS[name].roles : elsewhere;
  return allowed.includes(role) ? [] : [`${address}: the ${name} may ${role} on ${place}`];
}

/** Rights of the table that a member of the identity is in the plan for, and that the plan forgets. */
function missingGrants(grants: readonly Grant[], plan: readonly PlannedResource[]): string[] {
  const namesOf = (kind: string) =>
    plan.filter(({ type }) => type === kind).map((resource) => textOf(resource, "name") ?? "");
  const names = {
    topic: namesOf("google_pubsub_topic"),
    subscription: namesOf("google_pubsub_subscription"),
  };
  const isPlanned = (place: string) => {
    for (const kind of ["topic", "subscription"] as const) {
      if (!place.startsWith(`${kind}-`)) continue;
      return names[kind].some((name) => name.endsWith(place.slice(kind.length)));
    }
    return !place.startsWith("kafka-");
  };
  const present = new Set(grants.map(({ identity }) => identity));
  const granted = new Set(
    grants.map(({ identity, place, role }) => `${identity}/${place}/${role}`),
  );
  return allRights()
    .filter(({ identity, place }) => present.has(identity) && isPlanned(place))
    .map(({ identity, place, verb }) => `${identity}/${place}/${verb}`)
    .filter((right) => !granted.has(right))
    .map((right) => `${right} is in the table and not in the plan`);
}

function wrongResource(resource: PlannedResource): string[] {
  const { address, type } = resource;
  if (/_iam_(policy|binding)$/.test(type)) return [`${address}: replaces others' grants`];
  if (type === "google_service_account_key") return [`${address}: a key of a service account`];
  if (type === "google_storage_hmac_key") {
    const email = textOf(resource, "service_account_email") ?? "";
    return /-(edge|originals)@/.test(email)
      ? []
      : [`${address}: a key of another account than those that the edge signs as`];
  }
  if (type === "google_project_iam_custom_role") return wrongRole(resource);
  if (type === "google_storage_bucket") return openBucket(resource);
  if (
    /^google_compute_(instance|.*template)$/.test(type) &&
    isSet(resource, ["network_interface", "access_config"])
  ) {
    return [`${address}: has a public address`];
  }
  return [];
}

function wrongRole({ address, index, change }: PlannedResource): string[] {
  const verb = RIGHTS.verbs[String(index)];
  const permissions = change.after["permissions"];
  const given = Array.isArray(permissions) ? permissions.map(String).toSorted() : [];
  if (given.some((each) => /setIamPolicy|\*/.test(each))) return [`${address}: changes policies`];
  if (verb !== undefined && String(given) === String(verb.permissions.toSorted())) return [];
  return [`${address}: holds ${given}, which is not the verb ${index}`];
}

function openBucket({ address, change }: PlannedResource): string[] {
  const { uniform_bucket_level_access: uniform, public_access_prevention: prevention } =
    change.after;
  return uniform === true && prevention === "enforced" ? [] : [`${address}: could be made public`];
}

function missingKey(resource: PlannedResource): string[] {
  const { address, type, change } = resource;
  const path = KEY_OF[type];
  if (path === undefined || isSet(resource, path)) return [];
  // A view holds no data; the default log bucket cannot have a key, and an exclusion keeps it empty.
  if (type === "google_bigquery_table" && isSet(resource, ["view", "query"])) return [];
  if (change.after["bucket_id"] === "_Default") return [];
  return [`${address}: its data is not under the project's own key`];
}

function missingLabels({ address, change }: PlannedResource): string[] {
  const { terraform_labels, user_labels } = change.after;
  const labels = terraform_labels ?? user_labels;
  if (labels === undefined || labels === null) return [];
  const names = typeof labels === "object" ? Object.keys(labels) : [];
  const missing = LABELS.filter((name) => !names.includes(name));
  return missing.length === 0 ? [] : [`${address}: lacks the labels ${missing}`];
}
