import { agentMember, AGENTS, type Right, type RightsSystem } from "./expected_rights.ts";

/** Those that no grant names, of APIs that `services.tf` turns on. */
const OTHER_AGENTS = [
  "service-NUMBER@gcp-sa-bigquerydatatransfer",
  "service-NUMBER@gcp-sa-cloudscheduler",
];
/** https://cloud.google.com/storage/docs/access-control/iam-roles#legacy-roles */
const BUCKET_DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  projectOwner: ["roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner"],
  projectEditor: ["roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner"],
  projectViewer: ["roles/storage.legacyBucketReader", "roles/storage.legacyObjectReader"],
};

/**
 * Whether a right is one that Google gives by itself and that reaches nobody else: its own accounts' roles on the project, a
 * bucket's for holders of basic roles (which are findings themselves), and runs that may become the workflows' accounts.
 */
export function isGoogleDefault(system: RightsSystem, { member, role, place }: Right): boolean {
  if (place === "project") return isOfAgent(system, member, role);
  if (place === "account-deployer") return isRun(system, member, role) && !isPlan(member);
  if (place === "account-planner") return isRun(system, member, role) && isPlan(member);
  const [kind = "", projectId] = member.split(":");
  return projectId === system.projectId && BUCKET_DEFAULTS[kind]?.includes(role) === true;
}

function isOfAgent({ projectNumber }: RightsSystem, member: string, role: string): boolean {
  if (member === `serviceAccount:${projectNumber}@cloudservices.gserviceaccount.com`) {
    return role === "roles/editor";
  }
  const agents = [...Object.values(AGENTS), ...OTHER_AGENTS];
  return /^roles\/[a-z]+\.[a-z]*serviceAgent$/i.test(role) &&
    agents.some((agent) => agentMember(agent, projectNumber) === member);
}

function isRun({ projectNumber, prefix }: RightsSystem, member: string, role: string): boolean {
  const pool =
    `projects/${projectNumber}/locations/global/workloadIdentityPools/${prefix}-workflows`;
  return role === "roles/iam.workloadIdentityUser" &&
    member.startsWith(`principalSet://iam.googleapis.com/${pool}/attribute.environment/`);
}

function isPlan(member: string): boolean {
  return member.endsWith("-plan");
}
