import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { auditRights, rightsReport } from "./audit_rights.ts";
import { expectedRights, VERBS } from "./expected_rights.ts";

const SYSTEM = {
  projectId: "shop-1",
  projectNumber: "1234",
  prefix: "shop",
  people: {
    tenant_analysts: ["group:partner@example.net"],
    auditors: ["group:privacy@example.com"],
    operators: ["group:oncall@example.com"],
  },
  parts: ["bridge"],
  views: ["refusals"],
};
const STORES = ["raw", "processed", "erasures", "certificates", "config"];
const OPTIONS = {
  ...SYSTEM,
  region: "europe-west4",
  buckets: Object.fromEntries(STORES.map((store) => [store, `shop-${store}`])),
  dataset: "tintype",
};
const ACCOUNT = (name: string) => `serviceAccount:shop-${name}@shop-1.iam.gserviceaccount.com`;
const DAYS = 'resource.name == "projects/_/buckets/shop-config/objects/days.json"';
const TENANTS = 'resource.name.startsWith("projects/_/buckets/shop-config/objects/tenants/")';
const CONDITIONS: Readonly<Record<string, string>> = {
  "days.json": DAYS,
  "kafka.json": DAYS.replace("days", "kafka"),
  "tenants/*": TENANTS,
};

interface TestBinding {
  readonly role: string;
  readonly members: string[];
  condition?: { readonly expression: string };
}

const V3 = "options.requestedPolicyVersion=3";
const LOCATED = "projects/shop-1/locations/europe-west4";
const DATASET = "/bigquery/v2/projects/shop-1/datasets/tintype";

/** The request of Google's reference for a place's policy. */
function requestOf(place: string): string {
  if (STORES.includes(place)) {
    return `GET /storage/v1/b/shop-${place}/iam?optionsRequestedPolicyVersion=3`;
  }
  if (place === "project") return "POST /v3/projects/shop-1:getIamPolicy";
  if (place === "registry") return `GET /v1/${LOCATED}/repositories/shop:getIamPolicy?${V3}`;
  if (["processor", "keeper", "webhooks"].includes(place)) {
    return `GET /v2/${LOCATED}/services/shop-${place}:getIamPolicy?${V3}`;
  }
  if (place === "shared refusals") return `POST ${DATASET}_shared/tables/refusals:getIamPolicy`;
  const table = /^(?:views )?(refusals|images|purges|tenant_access)$/.exec(place)?.[1];
  if (table !== undefined) return `POST ${DATASET}/tables/${table}:getIamPolicy`;
  const [, kind = "secret", name] = /^(?:(topic|subscription|account)-)?(.*)$/.exec(place) ?? [];
  const [method, path] = kind === "account"
    ? ["POST", `serviceAccounts/shop-${name}@shop-1.iam.gserviceaccount.com`]
    : ["GET", `${kind}s/shop-${name}`];
  return `${method} /v1/projects/shop-1/${path}:getIamPolicy?${V3}`;
}

const POOL = "projects/1234/locations/global/workloadIdentityPools/shop-workflows";
const RUN = `principalSet://iam.googleapis.com/${POOL}/attribute.environment/production`;

/** What Google holds after Terraform: policies of its documented shape, with its own defaults beside the table's rights. */
function google() {
  const policies: Record<string, { etag: string; bindings?: TestBinding[] }> = {};
  const add = (place: string, granted: string, member: string, objects = "") => {
    const policy = policies[requestOf(place)] ??= { etag: "BwY=" };
    const expression = CONDITIONS[objects];
    const condition = expression === undefined ? {} : { condition: { expression } };
    (policy.bindings ??= []).push({ role: granted, members: [member], ...condition });
  };
  const rights = expectedRights(SYSTEM).filter(({ place }) =>
    place !== "dataset" && place !== "shared"
  );
  for (const { member, role: name, place } of rights) {
    const [, bucket = "", objects] = /^([^/]+)\/?(.*)$/.exec(place) ?? [];
    add(bucket, name in VERBS ? role(name) : name, member, objects);
  }
  for (const store of STORES) {
    add(store, "roles/storage.legacyBucketReader", "projectViewer:shop-1");
  }
  const agent = "serviceAccount:service-1234@serverless-robot-prod.iam.gserviceaccount.com";
  add("project", "roles/run.serviceAgent", agent);
  add("project", "roles/editor", "serviceAccount:1234@cloudservices.gserviceaccount.com");
  add("account-deployer", "roles/iam.workloadIdentityUser", RUN);
  add("account-planner", "roles/iam.workloadIdentityUser", `${RUN}-plan`);
  policies[requestOf("topic-canary")] = { etag: "ACAB" };

  const verbs = new Set(rights.map(({ role: name }) => name).filter((name) => name in VERBS));
  const roles = [...verbs].map((verb) => ({
    name: role(verb),
    includedPermissions: [...VERBS[verb]?.permissions ?? []],
  }));
  const listed = (kind: string) =>
    Object.keys(policies).flatMap((each) => {
      const name = each.match(`projects/shop-1/${kind}/[^:]+`)?.[0];
      return name === undefined ? [] : [{ name, topic: "projects/shop-1/topics/shop-images" }];
    });
  const access: Record<string, unknown>[] = [
    { role: "OWNER", userByEmail: ACCOUNT("deployer").replace("serviceAccount:", "") },
    { view: { projectId: "shop-1", datasetId: "tintype", tableId: "refusals" } },
    { dataset: { dataset: { projectId: "shop-1", datasetId: "tintype_shared" } } },
  ];
  const shared: Record<string, unknown>[] = [
    { role: "OWNER", userByEmail: ACCOUNT("deployer").replace("serviceAccount:", "") },
    { role: role("look"), groupByEmail: "partner@example.net" },
  ];
  roles.push({ name: role("look"), includedPermissions: [...VERBS["look"]?.permissions ?? []] });
  policies[requestOf("shared refusals")] = { etag: "ACAB" };
  const tables = [["images", "TABLE"], ["purges", "TABLE"], ["tenant_access", "TABLE"], [
    "refusals",
    "VIEW",
  ]];
  const project = "/v1/projects/shop-1";
  const responses: Record<string, unknown> = {
    ...policies,
    "GET /v3/projects/shop-1": { name: "projects/1234" },
    [`GET ${project}/topics`]: { topics: listed("topics") },
    [`GET ${project}/subscriptions`]: { subscriptions: listed("subscriptions") },
    [`GET ${project}/secrets`]: { secrets: listed("secrets") },
    [`GET ${project}/serviceAccounts`]: { accounts: listed("serviceAccounts") },
    [`GET ${project}/roles?view=FULL`]: { roles },
    [`GET ${DATASET}/tables`]: {
      tables: tables.map(([tableId, type]) => ({ tableReference: { tableId }, type })),
    },
    [`GET ${DATASET}_shared/tables`]: {
      tables: [{ tableReference: { tableId: "refusals" }, type: "VIEW" }],
    },
    [`GET ${DATASET}?accessPolicyVersion=3`]: { access },
    [`GET ${DATASET}_shared?accessPolicyVersion=3`]: { access: shared },
  };
  const bindings = (place: string) => policies[requestOf(place)]?.bindings ?? [];
  return { responses, add, bindings, roles, access };
}
type Google = ReturnType<typeof google>;

/** Audits against a server that has what `change` left; a path that it lacks is forbidden. */
async function audited(change: (held: Google) => unknown) {
  const held = google();
  change(held);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = held.responses[`${request.method} ${pathname}${search}`];
    const asked = await request.text();
    // Google refuses a policy with conditions to whoever does not ask for them.
    const isUnversioned = asked !== "" && JSON.parse(asked).options?.requestedPolicyVersion !== 3;
    return body === undefined || isUnversioned
      ? Response.json({ error: { code: 403 } }, { status: 403 })
      : Response.json(body);
  });
  try {
    return await auditRights({ ...OPTIONS, endpoint: `http://127.0.0.1:${server.addr.port}` });
  } finally {
    await server.shutdown();
  }
}

const role = (verb: string) => `projects/shop-1/roles/shop_${verb}`;
const KEEPER = ACCOUNT("keeper");
const PRIVACY = "group:privacy@example.com";
const EVE = "user:eve@example.com";
const FALSE_AGENT = "serviceAccount:service-1234@eve.iam.gserviceaccount.com";
const keepers = (held: Google, place: string, verb: string) => {
  const found = held.bindings(place).find((each) =>
    each.role === role(verb) && each.members[0] === KEEPER
  );
  assert.ok(found);
  return found;
};

/** Rights that somebody granted by hand, and what each is. */
const ADDED = [
  ["topic-canary", "roles/pubsub.subscriber", EVE, "right_extra", "which the table"],
  ["raw", role("read"), PRIVACY, "right_extra", "which the table"],
  ["raw", "roles/storage.objectAdmin", PRIVACY, "right_widened", "the table of rights has list"],
  ["keeper", role("call"), "allUsers", "right_widened", "that is everybody"],
  ["project", "roles/viewer", EVE, "right_widened", "a basic role"],
  ["project", "roles/run.serviceAgent", FALSE_AGENT, "right_extra", "which the table"],
  ["shared refusals", role("query"), EVE, "right_extra", "which the table"],
  ["account-keeper", "roles/iam.serviceAccountTokenCreator", EVE, "right_extra", "which the table"],
  ["account-planner", "roles/iam.workloadIdentityUser", RUN, "right_extra", "which the table"],
  ["account-deployer", "roles/iam.workloadIdentityUser", `${RUN}-plan`, "right_extra", "which the"],
] as const;

/** What else was changed, and how each finding begins. */
const CHANGED: readonly (readonly [string, (held: Google) => unknown, readonly string[]])[] = [
  ["nothing is changed", () => {}, []],
  [
    "a member is removed",
    (held) => keepers(held, "raw", "remove").members.pop(),
    [`right_missing: ${KEEPER} may remove on raw by`],
  ],
  [
    "a condition is removed",
    (held) => delete keepers(held, "config", "create").condition,
    [`right_widened: ${KEEPER} may create on config: the table of rights has it on config/days.json`],
  ],
  [
    "a condition is changed",
    (held) => keepers(held, "config", "create").condition = { expression: `${DAYS} || true` },
    [
      `right_extra: ${KEEPER} may create on config/${DAYS} || true,`,
      `right_missing: ${KEEPER} may create on config/days.json by`,
    ],
  ],
  [
    "a custom role has more permissions",
    ({ roles }) =>
      roles.find(({ name }) => name === role("list"))?.includedPermissions.push("more"),
    [`right_widened: the role ${role("list")} also has more`],
  ],
  [
    "a custom role has fewer permissions",
    ({ roles }) => roles.find(({ name }) => name === role("list"))?.includedPermissions.pop(),
    [`right_missing: the role ${role("list")} lacks storage.objects.list`],
  ],
  [
    "a custom role is deleted",
    ({ roles }) =>
      Object.assign(roles.find(({ name }) => name === role("ask")) ?? {}, { deleted: true }),
    [`right_missing: the role ${role("ask")} does not exist`],
  ],
  [
    "the dataset has other readers",
    ({ access }) =>
      access.push(
        { role: "READER", specialGroup: "allAuthenticatedUsers" },
        { role: "READER", groupByEmail: "eve@example.com" },
        { role: "READER", userByEmail: "eve@shop-1.iam.gserviceaccount.com" },
        { role: "READER", iamMember: "domain:example.com" },
        { view: { projectId: "eve", datasetId: "d" } },
        { dataset: { dataset: { projectId: "eve", datasetId: "tintype_shared" } } },
      ),
    [
      "right_widened: allAuthenticatedUsers may roles/bigquery.dataViewer on dataset: that is",
      "right_extra: group:eve@example.com may roles/bigquery.dataViewer on dataset, which",
      "right_extra: serviceAccount:eve@shop-1.iam.gserviceaccount.com may roles/bigquery",
      "right_extra: domain:example.com may roles/bigquery.dataViewer on dataset, which",
      'right_extra: {"view":{"projectId":"eve","datasetId":"d"}} may',
      'right_extra: {"dataset":{"dataset":{"projectId":"eve"',
    ],
  ],
];

async function findingsAre(change: (held: Google) => unknown, starts: readonly string[]) {
  const audit = await audited(change);
  const found = audit.findings.map(({ code, text }) => `${code}: ${text}`);
  const cut = found.map((text, at) => text.slice(0, starts[at]?.length));
  assert.deepEqual(cut, starts);
  assert.ok(audit.rights > 150 && audit.policies > 60, `${audit.rights} in ${audit.policies}`);
  assert.match(rightsReport(audit, "shop-1"), starts.length === 0 ? /PASSED/ : /FAILED/);
}

for (const [place, granted, member, code, why] of ADDED) {
  test(`auditRights() finds ${granted} on ${place} for ${member}`, async () => {
    const named = granted.replace(role(""), "");
    const text = `${code}: ${member} may ${named} on ${place}`;
    const start = `${text}${code === "right_extra" ? ", " : ": "}${why}`;
    await findingsAre((held) => held.add(place, granted, member), [start]);
  });
}

for (const [what, change, starts] of CHANGED) {
  test(`auditRights() finds ${starts.length} where ${what}`, () => findingsAre(change, starts));
}

test("auditRights() fails with the name of each policy that it could not read", async () => {
  const change = ({ responses }: Google) => {
    delete responses[requestOf("raw")];
    delete responses["GET /v1/projects/shop-1/secrets"];
  };
  const expected = "could not read secrets (403), policy of raw (403). It needs";
  await assert.rejects(
    audited(change),
    (error) => isAppError(error, "internal") && error.message.includes(expected),
  );
});
