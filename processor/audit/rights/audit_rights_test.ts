import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { auditRights, rightsReport } from "./audit_rights.ts";
import { expectedRights, roleName, VERBS } from "./expected_rights.ts";

const SYSTEM = {
  projectId: "shop-1",
  projectNumber: "1234",
  prefix: "shop",
  people: { auditors: ["group:privacy@example.com"], operators: ["group:oncall@example.com"] },
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
  role: string;
  members: string[];
  condition?: { title: string; expression: string };
}
type Policies = Record<string, { version?: number; etag?: string; bindings?: TestBinding[] }>;

/** Requests of Google's references by place, and what they respond with. */
function requestOf(place: string): string {
  const [kind = "", ...rest] = place.split(/[- ]/);
  const name = `shop-${rest.join("-")}`;
  const v3 = "options.requestedPolicyVersion=3";
  const located = "projects/shop-1/locations/europe-west4";
  const tables = "/bigquery/v2/projects/shop-1/datasets/tintype/tables";
  if (STORES.includes(place)) {
    return `GET /storage/v1/b/shop-${place}/iam?optionsRequestedPolicyVersion=3`;
  }
  const known: Readonly<Record<string, string>> = {
    project: "POST /v3/projects/shop-1:getIamPolicy",
    topic: `GET /v1/projects/shop-1/topics/${name}:getIamPolicy?${v3}`,
    subscription: `GET /v1/projects/shop-1/subscriptions/${name}:getIamPolicy?${v3}`,
    account:
      `POST /v1/projects/shop-1/serviceAccounts/${name}@shop-1.iam.gserviceaccount.com:getIamPolicy?${v3}`,
    registry: `GET /v1/${located}/repositories/shop:getIamPolicy?${v3}`,
    views: `POST ${tables}/${rest.join("-")}:getIamPolicy`,
    images: `POST ${tables}/images:getIamPolicy`,
    purges: `POST ${tables}/purges:getIamPolicy`,
  };
  if (["processor", "keeper", "webhooks"].includes(place)) {
    return `GET /v2/${located}/services/shop-${place}:getIamPolicy?${v3}`;
  }
  return known[kind] ?? `GET /v1/projects/shop-1/secrets/shop-${place}:getIamPolicy?${v3}`;
}

/** What Google holds after Terraform: policies of its documented shape, with its own defaults beside the table's rights. */
function google() {
  const policies: Policies = {};
  const names = (kind: string) =>
    Object.keys(policies).flatMap((each) =>
      each.match(`projects/shop-1/${kind}/([^:]+)`)?.[1] ?? []
    );
  const add = (place: string, role: string, member: string, objects?: string) => {
    const policy = policies[requestOf(place)] ??= { version: 3, etag: "BwY=", bindings: [] };
    const expression = CONDITIONS[objects ?? ""];
    const condition = expression === undefined ? {} : { condition: { title: "Only", expression } };
    (policy.bindings ??= []).push({ role, members: [member], ...condition });
  };
  for (const { member, role, place } of expectedRights(SYSTEM)) {
    const [, bucket = "", objects] = /^([^/]+)\/?(.*)$/.exec(place) ?? [];
    if (place !== "dataset") {
      add(bucket, role in VERBS ? roleName(SYSTEM, role) : role, member, objects);
    }
  }
  for (const store of STORES) {
    add(store, "roles/storage.legacyBucketReader", "projectViewer:shop-1");
  }
  const agent = (domain: string) => `serviceAccount:service-1234@${domain}.iam.gserviceaccount.com`;
  add("project", "roles/run.serviceAgent", agent("serverless-robot-prod"));
  add("project", "roles/editor", "serviceAccount:1234@cloudservices.gserviceaccount.com");
  const pool = "projects/1234/locations/global/workloadIdentityPools/shop-workflows";
  const run = `principalSet://iam.googleapis.com/${pool}/attribute.environment/production`;
  add("account-deployer", "roles/iam.workloadIdentityUser", run);
  policies[requestOf("topic-canary")] = { etag: "ACAB" };
  const granted = new Set(expectedRights(SYSTEM).map(({ role }) => role));
  const roles = Object.entries(VERBS).filter(([verb]) => granted.has(verb)).map((
    [verb, { permissions }],
  ) => ({ name: roleName(SYSTEM, verb), includedPermissions: [...permissions] }));
  const project = "/v1/projects/shop-1";
  const named = (kind: string) =>
    names(kind).map((name) => ({
      name: `projects/shop-1/${kind}/${name}`,
      topic: `projects/shop-1/topics/shop-images`,
    }));
  const dataset = "/bigquery/v2/projects/shop-1/datasets/tintype";
  const access: Record<string, unknown>[] = [
    { role: "OWNER", userByEmail: ACCOUNT("deployer").replace("serviceAccount:", "") },
    { view: { projectId: "shop-1", datasetId: "tintype", tableId: "refusals" } },
  ];
  const tables = [["images", "TABLE"], ["purges", "TABLE"], ["refusals", "VIEW"]];
  const others = {
    "GET /v3/projects/shop-1": { name: "projects/1234" },
    [`GET ${project}/topics`]: { topics: named("topics") },
    [`GET ${project}/subscriptions`]: { subscriptions: named("subscriptions") },
    [`GET ${project}/secrets`]: { secrets: named("secrets") },
    [`GET ${project}/serviceAccounts`]: { accounts: named("serviceAccounts") },
    [`GET ${project}/roles?view=FULL`]: { roles },
    [`GET ${dataset}/tables`]: {
      tables: tables.map(([tableId, type]) => ({ tableReference: { tableId }, type })),
    },
    [`GET ${dataset}?accessPolicyVersion=3`]: { access },
  };
  const bindings = (place: string) => policies[requestOf(place)]?.bindings ?? [];
  return {
    responses: { ...policies, ...others } as Record<string, unknown>,
    add,
    bindings,
    roles,
    access,
  };
}
type Google = ReturnType<typeof google>;

/** Audits against a server that has what `change` left; a path that it lacks is forbidden. */
async function audited(change: (held: Google) => unknown = () => {}) {
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
const indexOf = (held: Google, place: string, verb: string, who: string) =>
  held.bindings(place).findIndex((each) => each.role === role(verb) && each.members[0] === who);
const drop = (place: string, verb: string, who: string) => (held: Google) =>
  held.bindings(place).splice(indexOf(held, place, verb, who), 1);
const widen = (place: string, verb: string, who: string) => (held: Google) => {
  const at = held.bindings(place)[indexOf(held, place, verb, who)];
  delete at?.condition;
};
const add = (...right: Parameters<Google["add"]>) => (held: Google) => held.add(...right);
const KEEPER = ACCOUNT("keeper");
const PRIVACY = "group:privacy@example.com";

const CASES: Readonly<Record<string, readonly [(held: Google) => unknown, readonly string[]]>> = {
  "nothing": [() => {}, []],
  "a binding removed": [
    drop("raw", "remove", KEEPER),
    [`right_missing: ${KEEPER} may remove on raw by`],
  ],
  "a member added": [
    add("topic-canary", "roles/pubsub.subscriber", "user:eve@example.com"),
    ["right_extra: user:eve@example.com may roles/pubsub.subscriber on topic-canary,"],
  ],
  "a verb added": [
    add("raw", role("read"), PRIVACY),
    [`right_extra: ${PRIVACY} may read on raw,`],
  ],
  "a broader role": [
    add("raw", "roles/storage.objectAdmin", PRIVACY),
    [`right_widened: ${PRIVACY} may roles/storage.objectAdmin on raw: the table of rights has list instead`],
  ],
  "a condition removed": [
    widen("config", "create", KEEPER),
    [`right_widened: ${KEEPER} may create on config: the table of rights has it on config/days.json alone`],
  ],
  "a condition on other objects": [
    (held) => {
      const binding = held.bindings("config")[indexOf(held, "config", "create", KEEPER)];
      if (binding?.condition) binding.condition.expression = `${DAYS} || true`;
    },
    [
      `right_extra: ${KEEPER} may create on config/${DAYS} || true,`,
      `right_missing: ${KEEPER} may create on config/days.json by`,
    ],
  ],
  "everybody": [
    add("keeper", role("call"), "allUsers"),
    ["right_widened: allUsers may call on keeper: that is everybody"],
  ],
  "a basic role": [
    add("project", "roles/viewer", "user:eve@example.com"),
    ["right_widened: user:eve@example.com may roles/viewer on project: a basic role"],
  ],
  "an account of another project that is named as Google's": [
    add(
      "project",
      "roles/run.serviceAgent",
      "serviceAccount:service-1234@eve.iam.gserviceaccount.com",
    ),
    ["right_extra: serviceAccount:service-1234@eve.iam.gserviceaccount.com may"],
  ],
  "tokens of an account": [
    add("account-keeper", "roles/iam.serviceAccountTokenCreator", "user:eve@example.com"),
    ["right_extra: user:eve@example.com may roles/iam.serviceAccountTokenCreator on account-keeper,"],
  ],
  "a custom role with more permissions": [
    ({ roles }) =>
      roles.find(({ name }) => name === role("list"))?.includedPermissions.push(
        "storage.objects.get",
      ),
    [`right_widened: the role ${role("list")} also has storage.objects.get`],
  ],
  "readers and views of the dataset": [
    ({ access }) =>
      access.push(
        { role: "READER", specialGroup: "allAuthenticatedUsers" },
        { view: { projectId: "eve", datasetId: "d" } },
      ),
    [
      "right_widened: allAuthenticatedUsers may roles/bigquery.dataViewer on dataset: that is everybody",
      'right_extra: {"view":{"projectId":"eve","datasetId":"d"}} may',
    ],
  ],
};

for (const [what, [change, wanted]] of Object.entries(CASES)) {
  test(`auditRights() of a project where ${what} changed finds ${wanted.length} differences`, async () => {
    const audit = await audited(change);
    const found = audit.findings.map(({ code, text }) => `${code}: ${text}`);
    assert.equal(found.length, wanted.length, found.join("\n"));
    wanted.forEach((start, at) =>
      assert.ok(found[at]?.startsWith(start), `${found[at]} of ${start}`)
    );
    assert.equal(audit.passed, wanted.length === 0);
    assert.ok(audit.rights > 150 && audit.policies > 60, `${audit.rights} in ${audit.policies}`);
    assert.match(rightsReport(audit, "shop-1"), wanted.length === 0 ? /PASSED/ : /FAILED/);
  });
}

test("auditRights() fails with the name of each policy that it could not read", async () => {
  const change = ({ responses }: Google) => {
    delete responses[requestOf("raw")];
    delete responses["GET /v1/projects/shop-1/secrets"];
  };
  await assert.rejects(audited(change), (error) =>
    isAppError(error, "internal") &&
    error.message.includes("could not read secrets (403), policy of raw (403). It needs"));
});
