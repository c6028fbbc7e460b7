import { UsageError } from "@tintype/cli/usage_error";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIT, auditOptionsOf } from "./audit_options.ts";

const KEY = ["--public-key", "key.pem"];
const optionsOf = (...args: readonly string[]) => auditOptionsOf(AUDIT.parse(args));

test("audit without a project means the system on this machine, and the period it certifies", () => {
  assert.deepEqual(optionsOf(), {
    projectId: "tintype-local",
    buckets: {
      raw: "tintype-raw",
      processed: "tintype-processed",
      erasures: "tintype-erasures",
      certificates: "tintype-certificates",
      config: "tintype-config",
    },
    dataset: "tintype",
    storage: "http://localhost:9023",
    pubsub: "http://localhost:9085",
    bigquery: "http://localhost:9050",
    webhooksTopic: "tintype-webhooks",
    periodMs: undefined,
    json: false,
    publicKey: undefined,
    chain: undefined,
    copiedAtMs: undefined,
    rights: undefined,
  });
});

test("audit with a project means Google itself, seven days, and the names that Terraform gives", () => {
  const options = optionsOf("--project", "shop-1", "--raw", "other", "--json", ...KEY);
  const { buckets, storage, bigquery, periodMs, json } = options;
  assert.deepEqual(buckets, {
    raw: "other",
    processed: "tintype-processed",
    erasures: "tintype-erasures",
    certificates: "tintype-certificates",
    config: "tintype-config",
  });
  assert.deepEqual([storage, bigquery, json], [undefined, undefined, true]);
  assert.equal(periodMs, RETENTION_POLICY.periodMs);
});

test("audit takes a prefix of the company's own", () => {
  const options = optionsOf("--project", "shop-1", "--prefix", "shop", ...KEY);
  assert.deepEqual(options.buckets, {
    raw: "shop-raw",
    processed: "shop-processed",
    erasures: "shop-erasures",
    certificates: "shop-certificates",
    config: "shop-config",
  });
});

test("audit takes other addresses and a shorter promise", () => {
  const options = optionsOf("--storage", "http://localhost:1234/", "--retention", "90s");
  assert.deepEqual([options.storage, options.periodMs], ["http://localhost:1234", 90_000]);
});

test("audit of rights needs no public key, and takes each of the people's members", () => {
  const member = (who: string) => ["--member", `auditors=group:${who}@example.com`];
  const { rights } = optionsOf("--rights", "--project", "shop-1", ...member("a"), ...member("b"));
  assert.deepEqual(rights, {
    prefix: "tintype",
    region: "europe-west4",
    people: {
      analysts: [],
      auditors: ["group:a@example.com", "group:b@example.com"],
      operators: [],
      recoverers: [],
      tenant_analysts: [],
    },
    parts: ["bridge"],
  });
});

for (
  const args of [
    ["--retention", "8d"],
    ["--retention", "5s"],
    ["--retention", "week"],
    ["--storage", "localhost"],
    ["--bigquery", "ftp://localhost"],
    ["--project", "shop-1"],
    ["--chain", "folder"],
    ["--copied-at", "2026-11-30T08:00:00Z"],
    ["--chain", "folder", "--copied-at", "yesterday", ...KEY],
    ["--rights"],
    ["--rights", "--project", "shop-1", ...KEY],
    ["--rights", "--project", "shop-1", "--storage", "http://localhost:1"],
    ["--rights", "--project", "shop-1", "--member", "keeper=user:a@example.com"],
    ["--parts", "kafka"],
    ["--strict"],
    ["everything"],
  ]
) {
  test(`audit refuses ${args.join(" ")} in one line`, () => {
    assert.throws(
      () => optionsOf(...args),
      (error) => error instanceof UsageError && !error.message.includes("\n"),
    );
  });
}
