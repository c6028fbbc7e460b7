/**
 * Who may import what, once: the lint plugin enforces this table, CONTRIBUTING.md shows it.
 * A path is seen from the repository's root: its room is the longest key that it begins with,
 * and each thing that it imports must begin with an entry of that room's row.
 */

import root from "../../package.json" with { type: "json" };

const CORE_TYPES = ["core/errors", "core/hex", "core/model", "core/ports"] as const;
const USE_CASE = [...CORE_TYPES, "core/concurrency", "core/duration", "core/listing"] as const;
const PACKAGES = [
  "gcs",
  "pubsub",
  "core",
  "edge",
  "processor",
  "kafka-bridge",
  "client",
  "page",
] as const;

/** Room → what its files may import. Test files may import the whole of their own package, `core/testing` too. */
export const IMPORT_TABLE = {
  "gcs": ["gcs"],
  "pubsub": ["pubsub", "gcs"],
  "core": [],
  "core/json_log": ["core/ports"],
  "core/listing": ["core/model", "core/ports"],
  "core/model": ["core/errors", "core/hex", "core/model"],
  "core/ports": CORE_TYPES,
  "core/fairness": ["core/ports", "core/fairness"],
  "core/events": ["core/errors", "core/events"],
  "core/configuration": [...CORE_TYPES, "core/configuration", "core/listing"],
  "core/ingest": [...USE_CASE, "core/ingest", "core/reading", "core/retention/policy"],
  "core/reading": [...USE_CASE, "core/reading", "core/retention/policy"],
  "core/retention": [...USE_CASE, "core/retention", "core/reading"],
  "core/processing": [...USE_CASE, "core/processing", "core/retention"],
  "core/webhooks": [...USE_CASE, "core/webhooks", "core/processing", "core/retention"],
  "core/testing": ["core"],
  "cli": ["cli", "core/model/media_type"],
  "edge": ["edge", "core", "gcs"],
  "edge/schemathesis_test": ["core", "cli"],
  // The folders of packages, whose settings Deno reads.
  "processor": ["processor", "core", "gcs", "pubsub", "cli", "package.json"],
  // The table of rights, which the audit compares IAM with.
  "processor/audit": ["processor", "core", "gcs", "cli", "infra/terraform"],
  "kafka-bridge": ["kafka-bridge", "core", "gcs", "pubsub", "cli"],
  "client": ["client", "gcs"],
  "client/command": ["client", "gcs", "cli"],
  "page": ["page", "client"],
  // Its test signs as the dispatcher does.
  "examples": ["examples", "client", "core/model"],
  "examples/vision-pipeline": ["examples/vision-pipeline", "core"],
  "infra/bigquery": [
    ...["infra/bigquery", "infra/deploy/rollout_sql", "tools/marked_section", "core", "cli"],
    // The statements are translated like the views.
    "processor/adapters/bigquery_statements",
  ],
  "infra/retention": ["infra/retention", "tools/marked_section", "core"],
  // The client's types are made from the edge's own document.
  "infra/contract": ["infra/contract", "edge"],
  // It checks a token with the edge's own verifier.
  "infra/token": ["infra/token", "edge", "core", "cli"],
  "infra/cost": ["infra/cost", "tools/marked_section", "core", "cli"],
  // What Terraform gives the parts is read by the parts' own readers.
  "infra/check": [
    "infra/check",
    "infra/terraform",
    "infra/grafana",
    "tools/marked_section",
    "processor",
    "kafka-bridge",
    "cli",
  ],
  "infra/containers": ["infra/containers"],
  "infra/deploy": ["infra/deploy", "core", "cli"],
  "local": [
    "local",
    // Its Pub/Sub must have what Terraform's plan has.
    "infra/check/expected",
    "infra/terraform",
    "infra/bigquery",
    "infra/retention",
    "tools/marked_section",
    "tools/node_binary",
    "cli",
    ...PACKAGES,
  ],
  // The road is measured with the very sender that `start` uses.
  "bench": ["bench", "tools/node_binary", "local/start", "cli", ...PACKAGES],
  "tests": [
    "tests",
    "infra/terraform",
    "tools/node_binary",
    "local/start/local_names",
    "local/start/webhook_receiver",
    "cli",
    ...PACKAGES,
  ],
  "tools": ["tools", "cli", "package.json"],
} as const satisfies Record<string, readonly string[]>;

/** Top folder → the runtimes that its files run on. */
export const RUNTIMES: Readonly<Record<string, string>> = {
  "core": "anything",
  "gcs": "anything",
  "pubsub": "anything",
  "cli": "Deno, Node",
  "edge": "workerd",
  "processor": "Deno",
  "kafka-bridge": "Node",
  "client": "browsers, Node, Deno",
  "page": "browsers",
  "examples": "Deno, Node",
  "infra": "Node",
  "local": "Node, Deno",
  "bench": "Deno",
  "tests": "Node",
  "tools": "Deno",
};

/** Packages that use web standards alone → what they may import beside their own files, pure and free of dependencies. */
export const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ["zod", "exifr", "thumbhash"],
  gcs: [],
  pubsub: [],
};

/** Package name → its folder; the folders of `workspaces` in package.json. */
export const WORKSPACE_FOLDERS: Readonly<Record<string, string>> = Object.fromEntries(
  root.workspaces.map((folder) => [`@tintype/${folder}`, folder]),
);

/** File names of composition roots: the only ones that read the environment and choose adapters. */
const ROOT_NAMES: readonly string[] = [
  "main.ts",
  "keeper.ts",
  "webhooks.ts",
  "worker.ts",
  "serve.ts",
  "pixel_process.ts",
  "produce.ts",
];
/** Folders whose files, those directly inside, are composition roots too. */
const ROOT_FOLDERS: readonly string[] = ["cli", "tools", "local/start"];

/** A folder `testing`, or a private file whose name ends in one of these words, serves tests alone. */
const TEST_SUPPORT =
  /(^|\/)testing(\/|$)|(^|\/)_(\w+_)?(testing|fixture|samples|assertions|local_cloud)(\.|$)/;

/** The room of a file as a key of the table, or undefined for a file that lies in none. */
export function roomOf(path: string): keyof typeof IMPORT_TABLE | undefined {
  const rooms = Object.keys(IMPORT_TABLE) as (keyof typeof IMPORT_TABLE)[]; // keys of a literal
  return rooms.filter((room) => beginsWith(path, room))
    .sort((a, b) => b.length - a.length)[0];
}

/** Whether the table lets the file at `path` import the file or module at `target`. */
export function mayImport(path: string, target: string): boolean {
  const room = roomOf(path);
  if (room === undefined) return true;
  if (isTestFile(path) && beginsWith(target, packageOf(path))) return true;
  if (isTestSupport(target) && !isTestFile(path)) return false;
  return IMPORT_TABLE[room].some((allowed) => beginsWith(target, allowed));
}

/** Whether the file is a test or serves tests alone: `*_test.ts`, its support, `tests/`, `bench/`. */
export function isTestFile(path: string): boolean {
  return path.endsWith("_test.ts") || isTestSupport(path) ||
    beginsWith(path, "tests") || beginsWith(path, "bench");
}

/** Whether the file may read the environment. */
export function isCompositionRoot(path: string): boolean {
  const slash = path.lastIndexOf("/");
  return ROOT_NAMES.includes(path.slice(slash + 1)) ||
    ROOT_FOLDERS.includes(path.slice(0, Math.max(slash, 0)));
}

/** The folder that must not be left by a relative import: that of the file's package, else its room or first folder. */
export function packageOf(path: string): string {
  const own = Object.values(WORKSPACE_FOLDERS).find((folder) => beginsWith(path, folder));
  return own ?? roomOf(path) ?? path.split("/", 1)[0] ?? path;
}

/** Whether `path` is `prefix`, or lies in it, or is the module of that name. */
export function beginsWith(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return ["", "/", "."].includes(path.charAt(prefix.length));
}

function isTestSupport(path: string): boolean {
  return TEST_SUPPORT.test(path);
}
