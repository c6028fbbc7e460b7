/**
 * Google's own clients make the same calls of the emulators, and get what Cloud Storage, BigQuery and Pub/Sub would give them;
 * 501 is what an emulator does not do. Node and Python run here, Go and gsutil in `deno task soak`.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pythonEnvironment } from "@tintype/cli/python_environment";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import { makeFolder } from "../_testing.ts";
import { GSUTIL_PACKAGES, runGsutil } from "./_gsutil_testing.ts";
import { nodeCalls, type Where } from "./_node_testing.ts";

const run = promisify(execFile);
const HERE = fileURLToPath(new URL(".", import.meta.url));
const PYTHON_PACKAGES = [
  "google-cloud-storage==3.17.1",
  "google-cloud-bigquery==3.47.0",
  "google-cloud-pubsub==2.44.0",
];
const CHOSEN = (process.env["FOREIGN_CLIENTS"] ?? "node,python").split(",");

/** What each call comes to; which clients make it. */
const CALLS: Readonly<Record<string, readonly [outcome: string, clients: string]>> = {
  "upload with metadata": ["5 image/png v", "node python go gsutil"],
  "upload over it, if absent": ["412", "node python go gsutil"],
  "upload in pieces": ["700000", "node python go gsutil"],
  "download": ["hello", "node python go gsutil"],
  "download a range": ["el", "node python go gsutil"],
  "download a missing one": ["404", "node python go gsutil"],
  "list": ["a/1 pieces", "node python go gsutil"],
  "list folders": ["pieces a/", "node python go gsutil"],
  "list pages": ["a/1 pieces", "node python"],
  "list names alone": ["a/1 pieces", "node python go"],
  "list versions": ["a/1 pieces", "node python go gsutil"],
  "list by glob": ["501", "node python go"],
  "change metadata": ["2", "node python go gsutil"],
  "read gzip unpacked": ["plain plain", "node python gsutil"],
  "read by a signed URL": ["hello", "node python"],
  "list in the order of UTF-8 bytes": ["o/\u{ffee} o/\u{1f600}", "node"],
  "go on over lost connections": ["2000000", "node"],
  "read a generation that is gone": ["404", "node"],
  "set custom time back": ["400", "node"],
  "remove under a condition": ["412", "node"],
  "make a bucket that is there": ["409", "node"],
  "remove a bucket with objects": ["409", "node"],
  "remove by a batch": ["", "python"],
  "remove": ["false", "node python go gsutil"],
  "make and remove a bucket": ["5", "node python go gsutil"],
  "copy": ["501", "node python go"],
  "change a bucket's versioning": ["501", "node python go"],
  "query with parameters": ["3 2026-01-01T00:00:00.123000+00:00", "node python"],
  "query in a default dataset": ["0", "node python"],
  "make a table and list its rows": ["x 2026-01-01T00:00:00+00:00 ['a']", "node python"],
  "insertAll": ["501", "node python"],
  "publish, pull, acknowledge": ["ACTIVE ü True True", "python"],
  "change a subscription": ["60", "python"],
  "list topics by pages": ["true", "python"],
  "remove topic and subscription": ["404", "python"],
  "publish in order": ["501", "python"],
};

/** The emulators, and a service account whose key they know. */
async function startAll(t: TestContext): Promise<Where> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const email = "analyst@tintype-local.iam.gserviceaccount.com";
  const IDENTITIES = join(await makeFolder(t), "identities.json");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" });
  await writeFile(IDENTITIES, JSON.stringify({ rsaKeys: [{ email, publicKeyPem }] }));
  const start = async (part: "storage" | "bigquery" | "pubsub", env = {}) => {
    const { url, stop } = await startEmulator(part, { LOG_LEVEL: "error", ...env });
    t.after(() => stop());
    return url;
  };
  const [storage, bigquery, pubsub] = await Promise.all([
    start("storage", { IDENTITIES }),
    start("bigquery"),
    start("pubsub"),
  ]);
  // Calls change what the one before has written.
  const body = JSON.stringify({ limit: "none" });
  await fetch(`${storage}/_local/mutations`, { method: "POST", body });
  const private_key = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  const token_uri = `${storage}/token`;
  const key = { client_email: email, private_key, token_uri, type: "service_account" };
  return { storage, bigquery, pubsub, key };
}

type Outcomes = Readonly<Record<string, string>>;

const statusOf = (error: unknown) => String(Object(error)["code"] ?? error);

async function runNode(where: Where): Promise<Outcomes> {
  const outcomes: Record<string, string> = {};
  for (const [name, call] of Object.entries(nodeCalls(where))) {
    outcomes[name] = await call().then(String, statusOf);
  }
  return outcomes;
}

const runPython = (bin: string) => async (where: Where) => {
  const program = join(HERE, "python_calls.py");
  const { stdout } = await run(join(bin, "python"), [program, JSON.stringify(where)]);
  return JSON.parse(stdout);
};

async function runGo({ storage }: Where): Promise<Outcomes> {
  const { stdout } = await run("go", ["run", ".", storage], { cwd: join(HERE, "go") });
  return JSON.parse(stdout);
}

/** The calls of each client, or the reason why it cannot make them. */
const CLIENTS: Readonly<
  Record<string, () => Promise<string | ((where: Where) => Promise<Outcomes>)>>
> = {
  node: async () => runNode,
  async python() {
    const { bin, missing } = pythonEnvironment(PYTHON_PACKAGES.join("\n"));
    return missing === false ? runPython(bin) : missing;
  },
  go: async () => await run("go", ["version"]).then(() => runGo, () => "go is not there"),
  async gsutil() {
    const { bin, missing } = pythonEnvironment(GSUTIL_PACKAGES.join("\n"));
    return missing === false ? runGsutil(bin) : missing;
  },
};

for (const name of CHOSEN) {
  const client = await CLIENTS[name]?.() ?? assert.fail(`FOREIGN_CLIENTS: no client ${name}`);
  const skip = typeof client === "string" ? client : false;
  test(`${name}'s client gets what the real services give it`, { skip }, async (t) => {
    assert.ok(typeof client === "function");
    const outcomes = await client(await startAll(t));
    const expected = Object.entries(CALLS)
      .flatMap(([call, [outcome, by]]) => by.split(" ").includes(name) ? [[call, outcome]] : []);
    assert.deepEqual(outcomes, Object.fromEntries(expected));
  });
}
