import { StorageError } from "@tintype/gcs/storage_error";
import * as z from "zod";
import { googleApi } from "./_google_api.ts";

/** Whose policies are read; `endpoint` is a server that has all of Google's paths, undefined for Google itself. */
interface IamOptions {
  readonly projectId: string;
  readonly prefix: string;
  readonly region: string;
  readonly buckets: Readonly<Record<string, string>>;
  readonly dataset: string;
  readonly services: readonly string[];
  readonly endpoint?: string | undefined;
}

/** A member's role at a place, which is named as in the table of rights. */
export interface Binding {
  readonly place: string;
  readonly role: string;
  readonly member: string;
  /** The condition's expression. */
  readonly condition: string | undefined;
}

/** What Google says of who may do what. */
export interface LiveIam {
  readonly projectNumber: string;
  readonly bindings: readonly Binding[];
  /** Permissions by the project's own custom roles, those that were deleted excluded. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  /** Every place whose policy was read. */
  readonly places: readonly string[];
  /** What could not be read, and why. */
  readonly unread: readonly string[];
}

/** Without it Google leaves conditions out, or refuses a policy that has one. */
const VERSION = 3;
const BODY = { options: { requestedPolicyVersion: VERSION } };

/** https://cloud.google.com/iam/docs/reference/rest/v1/Policy */
const policySchema = z.object({
  bindings: z.array(z.object({
    role: z.string(),
    members: z.array(z.string()).default([]),
    condition: z.object({ expression: z.string() }).optional(),
  })).default([]),
});
type Policy = z.infer<typeof policySchema>;
/** https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets#Dataset */
const datasetSchema = z.object({
  access: z.array(z.looseObject({
    role: z.string().optional(),
    condition: z.object({ expression: z.string() }).optional(),
    view: z.object({ projectId: z.string(), datasetId: z.string() }).optional(),
    dataset: z.object({ dataset: z.object({ projectId: z.string(), datasetId: z.string() }) })
      .optional(),
  })),
});
type Dataset = z.infer<typeof datasetSchema>;
const DATASET_ROLES: Readonly<Record<string, string>> = {
  OWNER: "roles/bigquery.dataOwner",
  WRITER: "roles/bigquery.dataEditor",
  READER: "roles/bigquery.dataViewer",
};
const namedSchema = z.object({ name: z.string(), topic: z.string().optional() });
const tableSchema = z.object({
  tableReference: z.object({ tableId: z.string() }),
  type: z.string(),
});
const roleSchema = z.object({
  name: z.string(),
  deleted: z.boolean().default(false),
  includedPermissions: z.array(z.string()).default([]),
});

/** What is found by listing: kind and field of the API's, and how the table of rights begins such a place. */
const LISTS = [
  { api: "pubsub", kind: "topics", field: "topics", place: "topic-" },
  { api: "pubsub", kind: "subscriptions", field: "subscriptions", place: "subscription-" },
  { api: "secretmanager", kind: "secrets", field: "secrets", place: "" },
  { api: "iam", kind: "serviceAccounts", field: "accounts", place: "account-" },
] as const;

/** A place and how its policy is read. */
interface Place {
  readonly place: string;
  readonly read: () => Promise<Policy>;
}

/** Reads policies of the project, of all that the prefix names in it, of its accounts and its custom roles. */
export async function readIam(options: IamOptions): Promise<LiveIam> {
  const unread: string[] = [];
  const attempt = async <T>(what: string, read: Promise<T>, otherwise: T): Promise<T> =>
    await read.catch((error) => {
      unread.push(`${what} (${faultOf(error)})`);
      return otherwise;
    });
  const { projectId, endpoint } = options;
  const manager = googleApi("cloudresourcemanager", endpoint);
  const roleReader = googleApi("iam", endpoint)
    .list(`/v1/projects/${projectId}/roles`, "roles", roleSchema, { view: "FULL" });
  const [project, roles, ...listed] = await Promise.all([
    attempt("the project", manager.get(`/v3/projects/${projectId}`, namedSchema), { name: "" }),
    attempt("custom roles", roleReader, []),
    attempt("tables", tablesOf(options, "views "), []),
    attempt("shared views", tablesOf({ ...options, dataset: sharedOf(options) }, "shared "), []),
    ...LISTS.map((list) => attempt(list.kind, listedPlaces(options, list), [])),
  ]);
  const places = [...fixedPlaces(options), ...listed.flat()];
  const policies = await Promise.all(
    places.map(({ place, read }) => attempt(`policy of ${place}`, read(), { bindings: [] })),
  );
  const kept = roles.filter(({ deleted }) => !deleted);
  return {
    projectNumber: lastPart(project.name),
    bindings: places.flatMap(({ place }, at) => bindingsOf(place, policies[at])),
    roles: new Map(kept.map((role) => [role.name, role.includedPermissions])),
    places: places.map(({ place }) => place),
    unread,
  };
}

/** Places whose names are known; one that is missing cannot be read. */
function fixedPlaces(options: IamOptions): Place[] {
  const { projectId, prefix, region, buckets, dataset, services, endpoint } = options;
  const located = `projects/${projectId}/locations/${region}`;
  const service = `/v2/${located}/services/${prefix}`;
  const policy = `/v3/projects/${projectId}:getIamPolicy`;
  const ofBucket = { optionsRequestedPolicyVersion: VERSION };
  const ofDataset = { accessPolicyVersion: VERSION };
  const at = (place: string, read: Place["read"]): Place => ({ place, read });
  const api = (name: string) => googleApi(name, endpoint);
  return [
    at("project", () => api("cloudresourcemanager").post(policy, policySchema, BODY)),
    at(
      "registry",
      policyReader("artifactregistry", `/v1/${located}/repositories/${prefix}`, endpoint),
    ),
    ...([["dataset", dataset], ["shared", sharedOf(options)]] as const).map(([place, name]) =>
      at(place, async () => {
        const path = `/bigquery/v2/projects/${projectId}/datasets/${name}`;
        return policyOf(await api("bigquery").get(path, datasetSchema, ofDataset), options);
      })
    ),
    ...services.map((name) => at(name, policyReader("run", `${service}-${name}`, endpoint))),
    ...Object.entries(buckets).map(([place, bucket]) =>
      at(place, () => api("storage").get(`/storage/v1/b/${bucket}/iam`, policySchema, ofBucket))
    ),
  ];
}

/** The dataset of the shared views (warehouse.tf). */
function sharedOf({ dataset }: Pick<IamOptions, "dataset">): string {
  return `${dataset}_shared`;
}

async function tablesOf(
  { projectId, dataset, endpoint }: IamOptions,
  views: string,
): Promise<Place[]> {
  const path = `/bigquery/v2/projects/${projectId}/datasets/${dataset}/tables`;
  const { list, post } = googleApi("bigquery", endpoint);
  return (await list(path, "tables", tableSchema)).map(({ tableReference: { tableId }, type }) => ({
    place: type === "VIEW" ? views + tableId : tableId,
    read: () => post(`${path}/${tableId}:getIamPolicy`, policySchema, BODY),
  }));
}

/** Places of one kind that are the system's own by name: those that the table of rights lacks are found so. */
async function listedPlaces(
  { projectId, prefix, endpoint }: IamOptions,
  { api, kind, field, place }: typeof LISTS[number],
): Promise<Place[]> {
  const isOurs = (name = "") => lastPart(name).startsWith(`${prefix}-`);
  const path = `/v1/projects/${projectId}/${kind}`;
  const found = await googleApi(api, endpoint).list(path, field, namedSchema);
  // A subscription of any name receives what its topic is sent, and any account is the project's.
  const near = found.filter(({ name, topic }) => isOurs(name) || isOurs(topic) || api === "iam");
  return near.map(({ name }) => {
    const own = lastPart(name).replace(/@.*/, "");
    const isForeign = !isOurs(name);
    return {
      place: place + (isForeign ? ` ${own}` : own.slice(prefix.length + 1)),
      read: policyReader(api, `/v1/${name}`, endpoint),
    };
  });
}

function policyReader(api: string, path: string, endpoint: string | undefined) {
  const { get, post } = googleApi(api, endpoint);
  const full = `${path}:getIamPolicy?options.requestedPolicyVersion=${VERSION}`;
  return () => api === "iam" ? post(full, policySchema) : get(full, policySchema);
}

/** Why something could not be read; throws what is no fault of Google's. */
function faultOf(error: unknown): string {
  if (error instanceof z.ZodError) return "unknown response";
  if (!(error instanceof StorageError)) throw error;
  return error.status === 0 ? error.message.toLowerCase() : `${error.status}`;
}

function bindingsOf(place: string, policy: Policy | undefined): Binding[] {
  return (policy?.bindings ?? []).flatMap(({ role, members, condition }) =>
    members.map((member) => ({ place, role, member, condition: condition?.expression }))
  );
}

/** A dataset's access list as a policy; its own and the shared views read its tables for whoever may read them. */
function policyOf({ access }: Dataset, options: IamOptions): Policy {
  const others = access.filter(({ view, dataset }) => {
    const reader = view ?? dataset?.dataset;
    const own = view === undefined ? sharedOf(options) : options.dataset;
    return reader?.projectId !== options.projectId || reader.datasetId !== own;
  });
  return {
    bindings: others.map(({ role = "", condition, ...who }) => ({
      role: DATASET_ROLES[role] ?? (role || "authorised reader"),
      members: [memberOf(who)],
      condition,
    })),
  };
}

function memberOf({ userByEmail, groupByEmail, iamMember, ...other }: Record<string, unknown>) {
  if (typeof userByEmail === "string") {
    const isAccount = userByEmail.endsWith(".gserviceaccount.com");
    return `${isAccount ? "serviceAccount" : "user"}:${userByEmail}`;
  }
  if (typeof groupByEmail === "string") return `group:${groupByEmail}`;
  if (typeof iamMember === "string") return iamMember;
  return other["specialGroup"] === "allAuthenticatedUsers"
    ? "allAuthenticatedUsers"
    : JSON.stringify(other);
}

function lastPart(name: string): string {
  return name.split("/").at(-1) ?? "";
}
