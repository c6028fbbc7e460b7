import assert from "node:assert/strict";
import { test } from "node:test";
import plugin from "./import_rules.ts";

/** A path, what its rule allows there, and what it refuses: statements, or names of modules that are imported. */
type Case = readonly [path: string, allowed: readonly string[], refused: readonly string[]];

const ENVIRONMENT = ['const port = Deno.env.get("PORT");', "const port = process.env.PORT;"];
const CASES = {
  "import-table": [
    ["core/model/owner.ts", ["../errors.ts", 'import type { A } from "./tenant.ts";'], [
      'import type { Clock } from "../ports/clock.ts";',
      'export * from "@tintype/core/ports/clock";',
    ]],
    ["core/ports/row_sink.ts", ['import type { ImageRow } from "../model/image_row.ts";'], [
      "../ingest/start_upload.ts",
    ]],
    ["core/events/notification.ts", ["./_private.ts"], [
      'import type { UrlSigner } from "../ports/url_signer.ts";',
    ]],
    ["gcs/storage_call.ts", ["./retry.ts"], ["@tintype/core/errors"]],
    ["core/ingest/start_upload.ts", ["../retention/policy.ts"], [
      "../retention/erase_image.ts",
      "../processing/probe.ts",
    ]],
    ["core/processing/process_image.ts", ["../retention/erase_image.ts"], [
      "../ingest/admit_image.ts",
    ]],
    ["core/retention/sweep_expired.ts", [
      'import type { ObjectStore } from "../ports/object_store.ts";',
    ], ["../processing/process_image.ts"]],
    ["core/errors.ts", ["export const a = 1;"], ["./model/tenant.ts"]],
    ["core/ingest/start_upload_test.ts", [
      "../testing/memory_object_store.ts",
      "../retention/sweep_expired.ts",
    ], ["@tintype/edge/app"]],
    ["edge/app.ts", ["@tintype/core/ingest/start_upload"], [
      "@tintype/processor/app",
      'const { app } = await import("@tintype/kafka-bridge/delivery/bridge");',
      'type Bridge = import("@tintype/kafka-bridge/delivery/bridge").Bridge;',
      'export { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";',
      "@tintype/local/storage/serve",
    ]],
    ["edge/_testing.ts", ["@tintype/core/testing/memory_row_sink"], []],
    ["edge/services.ts", ["./app.ts"], ["./_testing.ts", 'import "./adapters/_samples.ts";']],
    [
      "processor/adapters/gcs_object_store_test.ts",
      ["@tintype/core/testing/object_store_contract"],
      ["@tintype/local/pubsub/broker"],
    ],
    ["kafka-bridge/delivery/bridge.ts", ["@tintype/core/ingest/admit_image"], [
      "@tintype/edge/app",
    ]],
    ["client/upload.ts", ["./digest.ts"], ["@tintype/core/model/image_id"]],
    ["local/start/main.ts", ["@tintype/client/upload", "../../tools/node_binary.ts"], [
      "@tintype/bench/probe",
      "../../../tools/check.ts",
    ]],
    ["tests/upload_walk_test.ts", ["@tintype/core/model/image_id"], [
      "@tintype/local/pubsub/broker",
    ]],
  ],
  "package-boundary": [
    ["local/pubsub/broker.ts", [
      "@tintype/core/retention/policy",
      'import images from "../../bigquery/schemas/images.json" with { type: "json" };',
      'import policy from "../../../core/retention/policy.json" with { type: "json" };',
    ], ["../../core/retention/policy.ts"]],
  ],
  "pure-core": [
    ["core/model/owner.ts", [
      'import * as z from "zod";',
      "@tintype/core/errors",
      'crypto.subtle.digest("SHA-256", bytes);',
    ], [
      "node:crypto",
      'import sharp from "sharp";',
      'Deno.readFile("a");',
      'Buffer.from("a");',
      'const onDeno = typeof Deno !== "undefined";',
    ]],
    ["gcs/transport.ts", ["./hex.ts", "fetch(url);"], [
      "node:http",
      'import * as z from "zod";',
      'Buffer.from("a");',
    ]],
    ["core/model/owner_test.ts", ["node:test"], []],
  ],
  "environment-in-roots": [
    ["processor/adapters/gcs_object_store.ts", ["const bucket = options.env.RAW_BUCKET;"], [
      'const bucket = Deno.env.get("RAW_BUCKET");',
      "const bucket = process.env.RAW_BUCKET;",
      "const bucket = globalThis.process.env.RAW_BUCKET;",
      "const { env } = process;",
      "const { env } = globalThis.process;",
      'import { env } from "node:process";',
    ]],
    ...["processor/main.ts", "local/storage/serve.ts", "tools/test.ts", "edge/app_test.ts"]
      .map((path) => [path, ENVIRONMENT, []] as const),
  ],
  "file-names": [
    ...["core/index.ts", "edge/utils.ts", "edge/_helpers.ts", "edge/startUpload.ts", "edge/a-b.ts"]
      .map((path) => [path, [], ["export {};"]] as const),
    ...["edge/start_upload.ts", "edge/_private.ts", "core/model/image_id_test.ts"]
      .map((path) => [path, ["export {};"], []] as const),
  ],
} as const satisfies Record<string, readonly Case[]>;

const statementOf = (text: string) => /[ (]/.test(text) ? text : `import { a } from "${text}";`;

for (const [rule, cases] of Object.entries(CASES)) {
  for (const [path, allowed, refused] of cases) {
    for (const source of allowed.map(statementOf)) {
      test(`${rule} allows in ${path}: ${source}`, () => {
        assert.deepEqual(messagesOf(rule, path, source), []);
      });
    }
    for (const source of refused.map(statementOf)) {
      test(`${rule} refuses in ${path}: ${source}`, () => {
        assert.equal(messagesOf(rule, path, source).length, 1);
      });
    }
  }
}

test("the plugin reports what is wrong and where", () => {
  const [found] = Deno.lint.runPlugin(
    plugin,
    "edge/app.ts",
    'import { app } from "@tintype/processor/app";',
  );
  assert.equal(found?.id, "tintype/import-table");
  assert.equal(found?.message, "edge must not import processor/app");
});

test("every rule of the plugin has a passing and a failing example", () => {
  for (const rule of Object.keys(plugin.rules)) {
    const own = Object.entries(CASES).find(([name]) => name === rule)?.[1] ?? [];
    assert.ok(own.some(([, allowed]) => allowed.length > 0), `${rule} has no passing example`);
    assert.ok(own.some(([, , refused]) => refused.length > 0), `${rule} has no failing example`);
  }
});

function messagesOf(rule: string, path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source)
    .filter(({ id }) => id === `tintype/${rule}`)
    .map(({ message }) => message);
}
