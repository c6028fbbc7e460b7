import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAuditOptions, UsageError } from "./audit_options.ts";

test("parseAuditOptions() without a project means the system on this machine, and the period it certifies", () => {
  assert.deepEqual(parseAuditOptions([]), {
    projectId: "tintype-local",
    buckets: {
      raw: "tintype-raw",
      processed: "tintype-processed",
      certificates: "tintype-certificates",
    },
    dataset: "tintype",
    storage: "http://localhost:9023",
    warehouse: "http://localhost:9050",
    periodMs: undefined,
    json: false,
  });
});

test("parseAuditOptions() with a project means Google itself, seven days, and the names that Terraform gives", () => {
  const options = parseAuditOptions(["--project", "shop-1", "--raw", "other", "--json"]);
  assert.ok(options !== "help");
  const { buckets, storage, warehouse, periodMs, json } = options;
  assert.deepEqual(buckets, {
    raw: "other",
    processed: "tintype-processed",
    certificates: "tintype-certificates",
  });
  assert.deepEqual([storage, warehouse, json], [undefined, undefined, true]);
  assert.equal(periodMs, RETENTION_POLICY.periodMs);
});

test("parseAuditOptions() takes a prefix of the company's own", () => {
  const options = parseAuditOptions(["--project", "shop-1", "--prefix", "shop"]);
  assert.ok(options !== "help");
  assert.deepEqual(options.buckets, {
    raw: "shop-raw",
    processed: "shop-processed",
    certificates: "shop-certificates",
  });
});

test("parseAuditOptions() takes other addresses and a shorter promise", () => {
  const options = parseAuditOptions(["--storage", "http://localhost:1234/", "--retention", "90s"]);
  assert.ok(options !== "help");
  assert.deepEqual([options.storage, options.periodMs], ["http://localhost:1234", 90_000]);
});

for (
  const args of [
    ["--retention", "8d"],
    ["--retention", "5s"],
    ["--retention", "week"],
    ["--storage", "localhost"],
    ["--warehouse", "ftp://localhost"],
    ["--strict"],
    ["everything"],
  ]
) {
  test(`parseAuditOptions() refuses ${args.join(" ")} in one line`, () => {
    assert.throws(
      () => parseAuditOptions(args),
      (error) => error instanceof UsageError && !error.message.includes("\n"),
    );
  });
}

test("parseAuditOptions() helps", () => {
  assert.equal(parseAuditOptions(["--help"]), "help");
});
