import assert from "node:assert/strict";
import { test } from "node:test";
import plugin from "./import_rules.ts";

type Rule =
  | "import-table"
  | "package-boundary"
  | "declared-packages"
  | "pure-core"
  | "environment-in-roots"
  | "file-names";

interface Case {
  readonly rule: Rule;
  readonly path: string;
  readonly allowed: readonly string[];
  readonly refused: readonly string[];
}

const CASES: readonly Case[] = [
  {
    rule: "import-table",
    path: "core/model/owner.ts",
    allowed: ['import { AppError } from "../errors.ts";', 'import type { A } from "./tenant.ts";'],
    refused: [
      'import type { Clock } from "../ports/clock.ts";',
      'export * from "@tintype/core/ports/clock";',
    ],
  },
  {
    rule: "import-table",
    path: "core/ports/row_sink.ts",
    allowed: ['import type { ImageRow } from "../model/image_row.ts";'],
    refused: ['import { startUpload } from "../ingest/start_upload.ts";'],
  },
  {
    rule: "import-table",
    path: "core/events/notification.ts",
    allowed: ['import { refusalOf } from "./_private.ts";'],
    refused: ['import type { UrlSigner } from "../ports/url_signer.ts";'],
  },
  {
    rule: "import-table",
    path: "gcs/storage_call.ts",
    allowed: ['import { withRetry } from "./retry.ts";'],
    refused: ['import { AppError } from "@tintype/core/errors";'],
  },
  {
    rule: "import-table",
    path: "core/ingest/start_upload.ts",
    allowed: ['import { purgeAtOf } from "../retention/policy.ts";'],
    refused: [
      'import { eraseImage } from "../retention/erase_image.ts";',
      'import { probe } from "../processing/probe.ts";',
    ],
  },
  {
    rule: "import-table",
    path: "core/processing/process_image.ts",
    allowed: ['import { eraseImage } from "../retention/erase_image.ts";'],
    refused: ['import { admitImage } from "../ingest/admit_image.ts";'],
  },
  {
    rule: "import-table",
    path: "core/retention/sweep_expired.ts",
    allowed: ['import type { ObjectStore } from "../ports/object_store.ts";'],
    refused: ['import { processImage } from "../processing/process_image.ts";'],
  },
  {
    rule: "import-table",
    path: "core/errors.ts",
    allowed: ["export const a = 1;"],
    refused: ['import { isTenant } from "./model/tenant.ts";'],
  },
  {
    rule: "import-table",
    path: "core/ingest/start_upload_test.ts",
    allowed: [
      'import { MemoryObjectStore } from "../testing/memory_object_store.ts";',
      'import { sweepExpired } from "../retention/sweep_expired.ts";',
    ],
    refused: ['import { app } from "@tintype/edge/app";'],
  },
  {
    rule: "import-table",
    path: "edge/app.ts",
    allowed: ['import { startUpload } from "@tintype/core/ingest/start_upload";'],
    refused: [
      'import { app } from "@tintype/processor/app";',
      'const { app } = await import("@tintype/kafka-bridge/bridge");',
      'type Bridge = import("@tintype/kafka-bridge/bridge").Bridge;',
      'export { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";',
      'import { serve } from "@tintype/local/storage/serve";',
    ],
  },
  {
    rule: "import-table",
    path: "edge/_testing.ts",
    allowed: ['import { MemoryRowSink } from "@tintype/core/testing/memory_row_sink";'],
    refused: [],
  },
  {
    rule: "import-table",
    path: "edge/services.ts",
    allowed: ['import { app } from "./app.ts";'],
    refused: ['import { call } from "./_testing.ts";', 'import "./adapters/_samples.ts";'],
  },
  {
    rule: "import-table",
    path: "processor/adapters/gcs_object_store_test.ts",
    allowed: ['import { CONTRACT } from "@tintype/core/testing/object_store_contract";'],
    refused: ['import { PushQueue } from "@tintype/local/pubsub/push_queue";'],
  },
  {
    rule: "import-table",
    path: "kafka-bridge/bridge.ts",
    allowed: ['import { admitImage } from "@tintype/core/ingest/admit_image";'],
    refused: ['import { app } from "@tintype/edge/app";'],
  },
  {
    rule: "import-table",
    path: "client/upload.ts",
    allowed: ['import { digestOf } from "./digest.ts";'],
    refused: ['import { parseImageId } from "@tintype/core/model/image_id";'],
  },
  {
    rule: "import-table",
    path: "local/start/main.ts",
    allowed: [
      'import { upload } from "@tintype/client/upload";',
      'import { findNodeBinary } from "../../tools/node_binary.ts";',
    ],
    refused: [
      'import { probe } from "@tintype/bench/probe";',
      'import { run } from "../../../tools/check.ts";',
    ],
  },
  {
    rule: "import-table",
    path: "tests/upload_walk_test.ts",
    allowed: ['import { parseImageId } from "@tintype/core/model/image_id";'],
    refused: ['import { PushQueue } from "@tintype/local/pubsub/push_queue";'],
  },
  {
    rule: "package-boundary",
    path: "local/pubsub/push_queue.ts",
    allowed: [
      'import { retentionPolicyOf } from "@tintype/core/retention/policy";',
      'import images from "../../bigquery/schemas/images.json" with { type: "json" };',
      'import policy from "../../../core/retention/policy.json" with { type: "json" };',
    ],
    refused: ['import { retentionPolicyOf } from "../../core/retention/policy.ts";'],
  },
  {
    rule: "declared-packages",
    path: "edge/app.ts",
    allowed: ['import { Hono } from "hono";'],
    refused: ['import { Hono } from "npm:hono@4";', 'import "https://example.com/a.ts";'],
  },
  {
    rule: "pure-core",
    path: "core/model/owner.ts",
    allowed: [
      'import * as z from "zod";',
      'import { AppError } from "@tintype/core/errors";',
      'crypto.subtle.digest("SHA-256", bytes);',
    ],
    refused: [
      'import { createHash } from "node:crypto";',
      'import sharp from "sharp";',
      'Deno.readFile("a");',
      'Buffer.from("a");',
      'const onDeno = typeof Deno !== "undefined";',
    ],
  },
  {
    rule: "pure-core",
    path: "gcs/transport.ts",
    allowed: ['import { hexOf } from "./hex.ts";', "fetch(url);"],
    refused: [
      'import { request } from "node:http";',
      'import * as z from "zod";',
      'Buffer.from("a");',
    ],
  },
  {
    rule: "pure-core",
    path: "core/model/owner_test.ts",
    allowed: ['import { test } from "node:test";'],
    refused: [],
  },
  {
    rule: "environment-in-roots",
    path: "processor/adapters/gcs_object_store.ts",
    allowed: ["const bucket = options.env.RAW_BUCKET;"],
    refused: [
      'const bucket = Deno.env.get("RAW_BUCKET");',
      "const bucket = process.env.RAW_BUCKET;",
      "const bucket = globalThis.process.env.RAW_BUCKET;",
      "const { env } = process;",
      'import { env } from "node:process";',
    ],
  },
  ...["processor/main.ts", "local/storage/serve.ts", "tools/test.ts", "edge/app_test.ts"]
    .map((path): Case => ({
      rule: "environment-in-roots",
      path,
      allowed: ['const port = Deno.env.get("PORT");', "const port = process.env.PORT;"],
      refused: [],
    })),
  ...["core/index.ts", "edge/utils.ts", "edge/_helpers.ts", "edge/startUpload.ts", "edge/a-b.ts"]
    .map((path): Case => ({ rule: "file-names", path, allowed: [], refused: ["export {};"] })),
  ...["edge/start_upload.ts", "edge/_private.ts", "core/model/image_id_test.ts"]
    .map((path): Case => ({ rule: "file-names", path, allowed: ["export {};"], refused: [] })),
];

for (const { rule, path, allowed, refused } of CASES) {
  for (const source of allowed) {
    test(`${rule} allows in ${path}: ${source}`, () => {
      assert.deepEqual(messagesOf(rule, path, source), []);
    });
  }
  for (const source of refused) {
    test(`${rule} refuses in ${path}: ${source}`, () => {
      assert.equal(messagesOf(rule, path, source).length, 1);
    });
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
    const own = CASES.filter((each) => each.rule === rule);
    assert.ok(own.some(({ allowed }) => allowed.length > 0), `${rule} has no passing example`);
    assert.ok(own.some(({ refused }) => refused.length > 0), `${rule} has no failing example`);
  }
});

function messagesOf(rule: Rule, path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source)
    .filter(({ id }) => id === `tintype/${rule}`)
    .map(({ message }) => message);
}
