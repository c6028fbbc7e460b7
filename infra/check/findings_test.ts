import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "./findings.ts";
import { inventoryOf } from "./inventory.ts";
import { type PlannedResource, readPlan } from "./plan.ts";
import { allRights, RIGHTS } from "./rights.ts";

const LABELS = { app: "tintype", environment: "preview", "managed-by": "terraform" };

function resource(
  type: string,
  after: Record<string, unknown>,
  index?: string,
  unknown: Record<string, unknown> = {},
): PlannedResource {
  const address = index === undefined ? `${type}.it` : `${type}.it["${index}"]`;
  const change = { after, after_unknown: unknown };
  return index === undefined ? { address, type, change } : { address, type, index, change };
}

function account(name: string): string {
  return `serviceAccount:tintype-${name}@acme.iam.gserviceaccount.com`;
}

function bucketGrant(name: string, verb: string, bucket = "tintype-raw"): PlannedResource {
  const role = `projects/acme/roles/tintype_${verb}`;
  return resource("google_storage_bucket_iam_member", { member: account(name), role, bucket });
}

/** What is found beside rights that a plan of so few resources lacks. */
function found(...plan: PlannedResource[]): string[] {
  return findingsOf(plan).filter((finding) => !finding.endsWith("not in the plan"));
}

test("findingsOf() lets the table's own rights through", () => {
  assert.deepEqual(found(bucketGrant("edge", "create"), bucketGrant("processor", "remove")), []);
});

test("findingsOf() fails a right that the table does not say", () => {
  assert.match(found(bucketGrant("processor", "create"))[0] ?? "", /processor may create on raw/);
  assert.match(found(bucketGrant("edge", "read"))[0] ?? "", /edge may read on raw/);
  assert.match(found(bucketGrant("bridge", "list"))[0] ?? "", /bridge may list on raw/);
});

test("findingsOf() names a right of the table that the plan forgets", () => {
  const findings = findingsOf([bucketGrant("edge", "create")]);
  assert.ok(findings.includes("edge/processed/read is in the table and not in the plan"));
});

test("findingsOf() misses a right on a topic only in a plan that has the topic", () => {
  const topic = resource("google_pubsub_topic", { name: "tintype-images" }, "images");
  const missing = "processor/topic-images/publish is in the table and not in the plan";
  const grant = bucketGrant("processor", "read");
  assert.ok(findingsOf([grant, topic]).includes(missing));
  assert.ok(!findingsOf([grant]).includes(missing));
  const published = resource("google_pubsub_topic_iam_member", {
    member: account("processor"),
    role: "projects/acme/roles/tintype_publish",
  }, "processor/topic-images/publish");
  assert.ok(!findingsOf([grant, topic, published]).includes(missing));
  assert.deepEqual(found(published), []);
});

test("findingsOf() fails everybody, primitive roles, strangers and wider roles", () => {
  const grants = [
    ["allUsers", "roles/storage.objectViewer", /allUsers may/],
    ["allAuthenticatedUsers", "roles/storage.objectViewer", /allAuthenticatedUsers may/],
    [account("processor"), "roles/editor", /primitive/],
    ["user:somebody@example.com", "projects/acme/roles/tintype_read", /none of the identities/],
    [
      "serviceAccount:other@elsewhere.iam.gserviceaccount.com",
      "projects/acme/roles/tintype_read",
      /none/,
    ],
    [account("processor"), "roles/storage.admin", /no right says/],
    [
      "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com",
      "roles/storage.admin",
      /may roles/,
    ],
    [account("deployer"), "roles/iam.serviceAccountKeyAdmin", /the deployer may/],
  ] as const;
  for (const [member, role, expected] of grants) {
    const plan = resource("google_project_iam_member", { member, role });
    assert.match(found(plan)[0] ?? "", expected, `${member} ${role}`);
  }
});

test("findingsOf() fails analysts at a table", () => {
  const grant = (table_id: string) =>
    resource("google_bigquery_table_iam_member", {
      member: "group:analysts@example.com",
      role: "projects/acme/roles/tintype_query",
      table_id,
    }, `analysts/views/query/group:analysts@example.com/${table_id}`);
  assert.deepEqual(found(grant("daily_volume")), []);
  assert.match(found(grant("images"))[0] ?? "", /analysts may query on images/);
});

test("findingsOf() takes a right on one object only with the condition that narrows it to that object", () => {
  const grant = (verb: string, expression?: string) =>
    resource("google_storage_bucket_iam_member", {
      member: account("keeper"),
      role: `projects/acme/roles/tintype_${verb}`,
      bucket: "tintype-config",
      condition: expression === undefined ? [] : [{ title: "Only it", expression }],
    });
  const objects = "projects/_/buckets/tintype-config/objects";
  assert.deepEqual(found(grant("create", `resource.name == "${objects}/days.json"`)), []);
  assert.deepEqual(found(grant("read")), []);
  const wider = [
    undefined,
    `resource.name == "${objects}/tenants/acme.json"`,
    `resource.name.startsWith("${objects}/")`,
    `resource.name == "${objects}/days.json" || true`,
  ];
  for (const expression of wider) {
    assert.match(found(grant("create", expression))[0] ?? "", /keeper may create on config/);
  }
});

test("findingsOf() lets Pub/Sub's own account do what the table says, and no other account that", () => {
  const write = (agent: string, table: string) =>
    resource("google_bigquery_table_iam_member", {
      member: `serviceAccount:service-1@${agent}.iam.gserviceaccount.com`,
      role: "projects/acme/roles/tintype_write",
      table_id: table,
    }, `pubsub/${table}/write`);
  assert.deepEqual(found(write("gcp-sa-pubsub", "images")), []);
  assert.match(found(write("gcp-sa-pubsub", "daily_volume"))[0] ?? "", /pubsub may write on views/);
  assert.match(found(write("gcp-sa-logging", "images"))[0] ?? "", /may write/);
});

test("findingsOf() misses a right on a subscription only in a plan that has it", () => {
  const subscription = resource("google_pubsub_subscription", { name: "tintype-images-bigquery" });
  const member = "serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com";
  const role = "projects/acme/roles/tintype_write";
  const agent = resource(
    "google_bigquery_table_iam_member",
    { member, role, table_id: "images" },
    "pubsub/images/write",
  );
  const missing =
    "pubsub/subscription-images-bigquery/subscribe is in the table and not in the plan";
  assert.ok(findingsOf([agent, subscription]).includes(missing));
  assert.ok(!findingsOf([agent]).includes(missing));
});

test("findingsOf() fails keys of accounts but the edge's, and grants that replace others'", () => {
  const hmac = (name: string) =>
    resource("google_storage_hmac_key", { service_account_email: `tintype-${name}@acme.iam` });
  assert.deepEqual(found(hmac("edge")), []);
  assert.equal(found(hmac("processor")).length, 1);
  assert.equal(found(resource("google_service_account_key", {})).length, 1);
  assert.equal(found(resource("google_storage_bucket_iam_policy", {})).length, 1);
  assert.equal(found(resource("google_project_iam_binding", {})).length, 1);
});

test("findingsOf() fails a custom role that holds more than its verb, or changes policies", () => {
  const role = (permissions: string[]) =>
    resource("google_project_iam_custom_role", { permissions }, "create");
  assert.deepEqual(found(role(["storage.objects.create"])), []);
  assert.equal(found(role(["storage.objects.create", "storage.objects.get"])).length, 1);
  assert.match(found(role(["storage.buckets.setIamPolicy"]))[0] ?? "", /changes policies/);
});

test("findingsOf() fails data without the project's own key, resources without labels, open buckets and public addresses", () => {
  const bucket = (after: Record<string, unknown>, unknown = {}) =>
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
  assert.deepEqual(found(bucket({})), []);
  const plain = bucket({ encryption: [] }, { encryption: [] });
  assert.match(found(plain, resource("google_kms_crypto_key", {}))[0] ?? "", /own key/);
  assert.deepEqual(found(plain), [], "where Google's own keys serve, nothing names one");
  assert.match(
    found(bucket({ terraform_labels: { app: "tintype" } }))[0] ?? "",
    /lacks the labels/,
  );
  assert.match(found(bucket({ public_access_prevention: "inherited" }))[0] ?? "", /public/);
  const machine = resource("google_compute_instance", {
    boot_disk: [{ kms_key_self_link: "key" }],
    network_interface: [{ access_config: [{ nat_ip: "1.2.3.4" }] }],
  });
  assert.match(found(machine)[0] ?? "", /public address/);
});

test("readPlan() leaves out what a plan takes away, and refuses what is no plan", () => {
  const changes = [
    { address: "a", type: "t", change: { after: null } },
    { address: "b", type: "t", change: { after: {}, after_unknown: {} } },
  ];
  assert.deepEqual(
    readPlan(JSON.stringify({ resource_changes: changes })).map((each) => each.address),
    ["b"],
  );
  assert.throws(() => readPlan("{}"), TypeError);
});

test("inventoryOf() does not depend on the order of a plan", () => {
  const plan = [bucketGrant("edge", "create"), bucketGrant("bridge", "create")];
  assert.deepEqual(inventoryOf(plan), inventoryOf(plan.toReversed()));
  assert.deepEqual(inventoryOf(plan).grants, ["bridge: create on raw", "edge: create on raw"]);
});

test("the table of rights grants verbs that it defines, where they can be granted", () => {
  const kinds: Readonly<Record<string, string>> = {
    raw: "bucket",
    processed: "bucket",
    erasures: "bucket",
    certificates: "bucket",
    config: "bucket",
    images: "table",
    purges: "table",
    views: "table",
    project: "project",
    processor: "service",
    keeper: "service",
    registry: "registry",
  };
  for (const { identity, place, verb } of allRights()) {
    const right = `${identity} ${verb} ${place}`;
    const kind = /^(topic|subscription|account)-/.exec(place)?.[1] ??
      kinds[place.split("/")[0] ?? ""];
    assert.equal(RIGHTS.verbs[verb]?.on, kind ?? "secret", right);
  }
});

test("no verb lets anybody change a policy or take an identity", () => {
  const permissions = Object.values(RIGHTS.verbs).flatMap((verb) => verb.permissions);
  for (const permission of permissions) {
    assert.doesNotMatch(permission, /setIamPolicy|actAs|getAccessToken|signBlob|\*/);
  }
});
