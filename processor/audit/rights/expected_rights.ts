import table from "../../../infra/terraform/modules/contract/rights.json" with { type: "json" };

/** Who may do what where, in the table's words. */
export interface Right {
  /** `serviceAccount:…`, `group:…`, `user:…`. */
  readonly member: string;
  /** A verb of the table, or a role of Google's. */
  readonly role: string;
  /** `raw`, `config/days.json`, `topic-events`, `project`. */
  readonly place: string;
}

/** The system whose rights are audited. */
export interface RightsSystem {
  readonly projectId: string;
  readonly projectNumber: string;
  readonly prefix: string;
  /** Members of the table's people: analysts, tenant_analysts, auditors, operators, recoverers. */
  readonly people: Readonly<Record<string, readonly string[]>>;
  /** Optional parts that are deployed: `bridge`, `kafka`. */
  readonly parts: readonly string[];
  readonly views: readonly string[];
}

interface Identity {
  readonly kind: string;
  readonly rights: Readonly<Record<string, readonly string[]>>;
}

const IDENTITIES: Readonly<Record<string, Identity>> = table.identities;
type Named = Pick<RightsSystem, "projectId" | "prefix">;

/** What a verb stands for. */
export const VERBS: Readonly<
  Record<string, { readonly on: string; readonly permissions: readonly string[] }>
> = table.verbs;
/** Google's own accounts that the contract names, with `NUMBER` for the project's. */
export const AGENTS: Readonly<Record<string, string>> = table.agents;
/** Parts that an environment may lack. */
export const OPTIONAL = ["bridge", "kafka"] as const;
const WORKFLOWS = ["deployer", "planner"] as const;

/** People of the table, whom each environment names itself. */
export const PEOPLE: readonly string[] = Object.keys(IDENTITIES)
  .filter((name) => IDENTITIES[name]?.kind === "people");

/** Services, which are identities that somebody may call. */
export const SERVICES: readonly string[] = Object.keys(IDENTITIES).filter((name) =>
  Object.values(IDENTITIES).some(({ rights }) => rights[name]?.includes("call"))
);

/** Every right that Terraform grants: the table's, the workflows', and what Google's own accounts need of single resources. */
export function expectedRights(system: RightsSystem): Right[] {
  const present = Object.keys(IDENTITIES).filter((name) =>
    !OPTIONAL.some((part) => part === name) || system.parts.includes(name)
  );
  const accounts = present.filter((name) => IDENTITIES[name]?.kind === "account");
  const account = (name: string) => accountOf(system, name);
  const deployer = account("deployer");
  const right = (member: string, role: string, place: string): Right => ({ member, role, place });
  return [
    ...present.flatMap((name) => rightsOf(system, name)),
    ...WORKFLOWS.flatMap((name) =>
      table[name].roles.map((role) => right(account(name), role, "project"))
    ),
    // topics.tf, deployment.tf, warehouse.tf
    right(agentOf(system, "storage"), "roles/pubsub.publisher", "topic-events"),
    right(
      agentOf(system, "pubsub"),
      "roles/iam.serviceAccountOpenIdTokenCreator",
      "account-push",
    ),
    ...accounts.filter((name) => name !== "edge")
      .map((name) => right(deployer, "roles/iam.serviceAccountUser", `account-${name}`)),
    right(deployer, "roles/bigquery.dataOwner", "dataset"),
    right(deployer, "roles/bigquery.dataOwner", "shared"),
  ];
}

function rightsOf(system: RightsSystem, name: string): Right[] {
  const { kind, rights } = IDENTITIES[name] ?? { kind: "", rights: {} };
  const members = kind === "people"
    ? system.people[name] ?? []
    : [kind === "agent" ? agentOf(system, name) : accountOf(system, name)];
  const places = (place: string) =>
    place === "views" ? system.views.map((view) => `views ${view}`) : [place];
  return Object.entries(rights).flatMap(([named, verbs]) =>
    places(named).flatMap((place) =>
      verbs.flatMap((role) => members.map((member) => ({ member, role, place })))
    )
  );
}

/** The custom role of a verb as Terraform names it. */
export function roleName({ projectId, prefix }: Named, verb: string): string {
  return `projects/${projectId}/roles/${prefix.replaceAll("-", "_")}_${verb}`;
}

/** The verb that a custom role of the system stands for; any other role is itself. */
export function verbOf(system: Named, role: string): string {
  return Object.keys(VERBS).find((verb) => roleName(system, verb) === role) ?? role;
}

/** A service account of the system, as a member. */
function accountOf({ projectId, prefix }: RightsSystem, name: string): string {
  return `serviceAccount:${prefix}-${name}@${projectId}.iam.gserviceaccount.com`;
}

/** An account of Google's in this project, as a member. */
export function agentMember(agent: string, projectNumber: string): string {
  return `serviceAccount:${agent.replace("NUMBER", projectNumber)}.iam.gserviceaccount.com`;
}

function agentOf({ projectNumber }: RightsSystem, name: string): string {
  return agentMember(AGENTS[name] ?? "", projectNumber);
}
