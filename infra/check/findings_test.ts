import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "./findings.ts";
import { inventoryOf } from "./inventory.ts";
import { type PlannedResource, readPlan } from "./plan.ts";
import { allRights, RIGHTS } from "./rights.ts";

type Attributes = Record<string, unknown>;

const LABELS = { app: "tintype", environment: "preview", "managed-by": "terraform" };
const OBJECTS = "projects/_/buckets/tintype-config/objects";

function resource(
  type: string,
  after: Attributes,
  index?: string,
  unknown: Attributes = {},
): PlannedResource {
  const address = index === undefined ? `${type}.it` : `${type}.it["${index}"]`;
  const change = { after, after_unknown: unknown };
  return index === undefined ? { address, type, change } : { address, type, index, change };
}

const account = (name: string) => `serviceAccount:tintype-${name}@acme.iam.gserviceaccount.com`;
const agent = (name: string) => `serviceAccount:service-1@${name}.iam.gserviceaccount.com`;
const verb = (name: string) => `projects/acme/roles/tintype_${name}`;
const inProject = (member: string, role: string) =>
  resource("google_project_iam_member", { member, role });
const inRaw = (name: string, may: string) =>
  resource("google_storage_bucket_iam_member", {
    member: account(name),
    role: verb(may),
    bucket: "tintype-raw",
  });
const inConfig = (may: string, expression?: string) =>
  resource("google_storage_bucket_iam_member", {
    member: account("keeper"),
    role: verb(may),
    bucket: "tintype-config",
    condition: expression === undefined ? [] : [{ title: "Only it", expression }],
  });
const onTable = (member: string, may: string, table_id: string, index: string) =>
  resource("google_bigquery_table_iam_member", { member, role: verb(may), table_id }, index);
const forAnalysts = (table: string) =>
  onTable(
    "group:a@example.com",
    "query",
    table,
    `analysts/views/query/group:a@example.com/${table}`,
  );
const ofShared = (who: string) =>
  resource(
    "google_bigquery_dataset_iam_member",
    { member: "group:p@example.net", role: verb("look"), dataset_id: "tintype_shared" },
    `${who}/shared/look/group:p@example.net`,
  );
const written = (by: string, table: string) =>
  onTable(agent(by), "write", table, `pubsub/${table}/write`);
const hmacOf = (name: string) =>
  resource("google_storage_hmac_key", { service_account_email: `tintype-${name}@acme.iam` });
const customRole = (...permissions: string[]) =>
  resource("google_project_iam_custom_role", { permissions }, "create");
const bucket = (after: Attributes, unknown: Attributes = {}) =>
  resource(
    "google_storage_bucket",
    {
      uniform_bucket_level_access: true,
      public_access_prevention: "enforced",
      encryption: [{}],
      terraform_labels: LABELS,
      ...after,
    },
    undefined,
    { encryption: [{ default_kms_key_name: true }], ...unknown },
  );
const withoutKey = bucket({ encryption: [] }, { encryption: [] });

/** What is found in a plan, or that nothing is, beside rights that so few resources lack. */
const CASES: readonly (readonly [RegExp | null, ...PlannedResource[]])[] = [
  [null, inRaw("edge", "create"), inRaw("processor", "remove")],
  [/processor may create on raw/, inRaw("processor", "create")],
  [/edge may read on raw/, inRaw("edge", "read")],
  [null, inRaw("originals", "read")],
  [/originals may list on raw/, inRaw("originals", "list")],
  [/bridge may list on raw/, inRaw("bridge", "list")],
  [/allUsers may/, inProject("allUsers", "roles/storage.objectViewer")],
  [/allAuthenticatedUsers/, inProject("allAuthenticatedUsers", "roles/storage.objectViewer")],
  [/primitive/, inProject(account("processor"), "roles/editor")],
  [/none of the identities/, inProject("user:somebody@example.com", verb("read"))],
  [/none/, inProject("serviceAccount:other@elsewhere.iam.gserviceaccount.com", verb("read"))],
  [/no right says/, inProject(account("processor"), "roles/storage.admin")],
  [/may roles/, inProject(agent("gs-project-accounts"), "roles/storage.admin")],
  [/the deployer may/, inProject(account("deployer"), "roles/iam.serviceAccountKeyAdmin")],
  [/the planner may/, inProject(account("planner"), "roles/run.admin")],
  [null, inProject(account("planner"), "roles/run.viewer")],
  [null, forAnalysts("daily_volume")],
  [/analysts may query on images/, forAnalysts("images")],
  [null, ofShared("tenant_analysts")],
  [/analysts may look on shared/, ofShared("analysts")],
  [null, inConfig("create", `resource.name == "${OBJECTS}/days.json"`), inConfig("read")],
  ...[
    undefined,
    `resource.name == "${OBJECTS}/tenants/acme.json"`,
    `resource.name.startsWith("${OBJECTS}/")`,
    `resource.name == "${OBJECTS}/days.json" || true`,
  ].map((wider) => [/keeper may create on config/, inConfig("create", wider)] as const),
  [null, written("gcp-sa-pubsub", "images")],
  [/pubsub may write on views/, written("gcp-sa-pubsub", "daily_volume")],
  [/may write/, written("gcp-sa-logging", "images")],
  [null, hmacOf("edge"), hmacOf("originals")],
  [/a key of another account/, hmacOf("processor")],
  [/a key of a service account/, resource("google_service_account_key", {})],
  [/replaces others'/, resource("google_storage_bucket_iam_policy", {})],
  [/replaces others'/, resource("google_project_iam_binding", {})],
  [null, customRole("storage.objects.create")],
  [/is not the verb/, customRole("storage.objects.create", "storage.objects.get")],
  [/changes policies/, customRole("storage.buckets.setIamPolicy")],
  [null, bucket({})],
  [/own key/, withoutKey, resource("google_kms_crypto_key", {})],
  // Where Google's own keys serve, nothing names one.
  [null, withoutKey],
  [/lacks the labels/, bucket({ terraform_labels: { app: "tintype" } })],
  [/public/, bucket({ public_access_prevention: "inherited" })],
  [
    /public address/,
    resource("google_compute_instance", {
      boot_disk: [{ kms_key_self_link: "key" }],
      network_interface: [{ access_config: [{ nat_ip: "1.2.3.4" }] }],
    }),
  ],
];

test("findingsOf() fails what a plan must not hold, and nothing else", () => {
  for (const [expected, ...plan] of CASES) {
    const findings = findingsOf(plan).filter((finding) => !finding.endsWith("not in the plan"));
    if (expected === null) assert.deepEqual(findings, []);
    else assert.match(findings[0] ?? "", expected);
  }
});

test("findingsOf() names rights of the table that the plan forgets, where it has their place", () => {
  const topic = resource("google_pubsub_topic", { name: "tintype-images" }, "images");
  const subscription = resource("google_pubsub_subscription", { name: "tintype-images-bigquery" });
  const published = resource("google_pubsub_topic_iam_member", {
    member: account("processor"),
    role: verb("publish"),
  }, "processor/topic-images/publish");
  const [processor, pubsub] = [inRaw("processor", "read"), written("gcp-sa-pubsub", "images")];
  const subscribes = "pubsub/subscription-images-bigquery/subscribe";
  const publishes = "processor/topic-images/publish";
  for (
    const [right, isMissed, ...plan] of [
      ["edge/processed/read", true, inRaw("edge", "create")],
      [publishes, true, processor, topic],
      [publishes, false, processor],
      [publishes, false, processor, topic, published],
      [subscribes, true, pubsub, subscription],
      [subscribes, false, pubsub],
    ] as const
  ) {
    const missed = `${right} is in the table and not in the plan`;
    assert.equal(findingsOf(plan).includes(missed), isMissed, right);
  }
});

test("readPlan() leaves out what is read or taken away, and refuses what is no plan", () => {
  const changes = [
    { address: "a", type: "t", change: { after: null } },
    { address: "b", type: "t", change: { after: {}, after_unknown: {} } },
    { address: "c", type: "t", mode: "data", change: { after: {}, after_unknown: {} } },
  ];
  assert.deepEqual(
    readPlan(JSON.stringify({ resource_changes: changes })).map((each) => each.address),
    ["b"],
  );
  assert.throws(() => readPlan("{}"), TypeError);
});

test("inventoryOf() does not depend on the order of a plan", () => {
  const plan = [inRaw("edge", "create"), inRaw("bridge", "create")];
  assert.deepEqual(inventoryOf(plan), inventoryOf(plan.toReversed()));
  assert.deepEqual(inventoryOf(plan).grants, ["bridge: create on raw", "edge: create on raw"]);
});

test("the table of rights grants verbs where they can be granted, and none that takes an identity", () => {
  const buckets = /^(raw|processed|erasures|certificates|config)(\/|$)/;
  for (const { identity, place, verb } of allRights()) {
    const kind = buckets.test(place)
      ? "bucket"
      : /^(images|purges|tenant_access|views)$/.test(place)
      ? "table"
      : place === "shared"
      ? "dataset"
      : /^(processor|keeper|webhooks)$/.test(place)
      ? "service"
      : /^(project|registry|topic|subscription|account)\b/.exec(place)?.[1] ?? "secret";
    assert.equal(RIGHTS.verbs[verb]?.on, kind, `${identity} ${verb} ${place}`);
  }
  for (const permission of Object.values(RIGHTS.verbs).flatMap((each) => each.permissions)) {
    assert.doesNotMatch(permission, /setIamPolicy|actAs|getAccessToken|signBlob|\*/);
  }
});
