import { isAppError } from "@tintype/core/errors";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import assert from "node:assert/strict";
import { test } from "node:test";
import { readEnv } from "./env.ts";
import { readKeeperEnv } from "./keeper_env.ts";
import { readWebhooksEnv } from "./webhooks_env.ts";

const BUCKETS = { raw: "tintype-raw", processed: "tintype-processed", erasures: "e-1" };
const SHARED = {
  ...{ CONFIG_BUCKET: "tintype-config", GOOGLE_CLOUD_PROJECT: "p", STORAGE_ENDPOINT: "" },
  AUDIENCE: "http://localhost:8080//",
};
const SERVER = {
  ...{ ...SHARED, RAW_BUCKET: BUCKETS.raw, PROCESSED_BUCKET: BUCKETS.processed },
  ERASURES_BUCKET: BUCKETS.erasures,
};
const [PUSH, SCHEDULER] = ["push@p.iam.gserviceaccount.com", "cron@p.iam.gserviceaccount.com"];
const CERTIFICATE_KEY = "-----BEGIN PRIVATE KEY-----\n";
const KEEPER = {
  ...{ ...SERVER, CERTIFICATES_BUCKET: "certs", SCHEDULER_SERVICE_ACCOUNT: SCHEDULER },
  ...{ KEEPER_SERVICE_ACCOUNT: PUSH, CERTIFICATE_KEY, PSEUDONYM_KEYS: "{}" },
};
const PROCESSOR = { ...SERVER, PUSH_SERVICE_ACCOUNT: PUSH };
const WEBHOOKS = { ...SHARED, PUSH_SERVICE_ACCOUNT: PUSH, WEBHOOK_MASTER: "m".repeat(32) };

const NO_EMULATORS = { storage: undefined, pubsub: undefined };
const SERVED = {
  hostname: "127.0.0.1",
  projectId: "p",
  audience: "http://localhost:8080",
  oidcKeysUrl: new URL("https://www.googleapis.com/oauth2/v3/certs"),
};
const STORES = { ...SERVED, policy: RETENTION_POLICY };

test("each service reads what must be given, and has defaults for the rest", () => {
  const buckets = { ...BUCKETS, config: "tintype-config" };
  assert.deepEqual(readEnv(PROCESSOR), {
    ...{ ...STORES, port: 8080, buckets, endpoints: NO_EMULATORS, pushServiceAccount: PUSH },
    ...{ recordsTopic: "tintype-images", slowTopics: "tintype-slow", maxInstances: 20 },
    ...{ codec: "sharp", pipeline: undefined, pixelProcesses: 4, revision: undefined },
  });
  const google = { bigquery: undefined, monitoring: undefined, logging: undefined };
  assert.deepEqual(readKeeperEnv(KEEPER), {
    ...{ ...STORES, port: 8082, buckets: { ...buckets, certificates: "certs" } },
    endpoints: { ...NO_EMULATORS, ...google, metadata: undefined },
    ...{ dataset: "tintype", certificateKey: CERTIFICATE_KEY, sweepParts: 1, settleMs: 0 },
    topics: { events: "tintype-events", certificates: "tintype-certificates" },
    ...{ schedulerServiceAccount: SCHEDULER, keeperServiceAccount: PUSH },
    ...{ eventSubscriptions: ["tintype-events"], pseudonymKey: 1, pseudonymKeys: "{}" },
  });
  assert.deepEqual(readWebhooksEnv(WEBHOOKS), {
    ...{ ...SERVED, port: 8083, configBucket: "tintype-config", endpoints: NO_EMULATORS },
    ...{ pushServiceAccount: PUSH, webhooksTopic: "tintype-webhooks", allowsLoopback: false },
    master: "m".repeat(32),
  });
});

/** The variables that a service finds wrong, with one of them changed. */
function wrongIn(read: (env: Record<string, string>) => unknown, env: Record<string, string>) {
  try {
    read(env);
    return [];
  } catch (error) {
    assert.ok(isAppError(error, "invalid_config"));
    return error.errors.map(({ path }) => path).sort();
  }
}

/** Values of variables, those that are taken and those that are not. */
const VALUES: Readonly<Record<string, readonly [taken: string, refused: string]>> = {
  RAW_BUCKET: [`a.b_c ${"a".repeat(222)}`, `ab A-b -ab ${"a".repeat(223)}`],
  PORT: ["0 65535", "-1 65536 eighty 1.5"],
  AUDIENCE: ["https://a.test", "localhost ftp://a.test"],
  RETENTION_MS: ["604800000 10000", "604800001 9999"],
  PUSH_SERVICE_ACCOUNT: [SCHEDULER, "nobody"],
  RECORDS_TOPIC: [`abc ${"a".repeat(255)}`, `ab 1ab ${"a".repeat(256)}`],
  MAX_INSTANCES: ["1 1000", "0 1001"],
  PIXEL_PROCESSES: ["1 30", "0 31"],
  CODEC: ["sharp imagescript", "magick"],
  SWEEP_PARTS: ["1 32", "0 33"],
  EVENT_SUBSCRIPTIONS: ["abc,def", "abc,"],
  CERTIFICATE_KEY: [CERTIFICATE_KEY.trim().replaceAll(" ", "\u00a0"), "key"],
  PSEUDONYM_KEY: ["1 999999", "0 1000000"],
  SETTLE_MS: ["0 86400000", "-1 86400001"],
  WEBHOOK_MASTER: ["m".repeat(32), "m".repeat(31)],
  ALLOW_LOOPBACK: ["true false", "yes"],
};

test("each variable is held to its bounds, by every service that reads it", () => {
  const services = [[readEnv, PROCESSOR], [readKeeperEnv, KEEPER], [readWebhooksEnv, WEBHOOKS]];
  for (const [name, [taken, refused]] of Object.entries(VALUES)) {
    let readers = 0;
    for (const [read, env] of services as [typeof readEnv, typeof PROCESSOR][]) { // pairs of their kinds
      const wrong = (value: string) => wrongIn(read, { ...env, [name]: value });
      if (wrong("?").length === 0) continue;
      readers++;
      for (const value of refused.split(" ")) {
        assert.deepEqual(wrong(value).map((path) => path.split(".")[0]), [name], value);
      }
      for (const value of taken.split(" ")) {
        assert.deepEqual(wrong(value.replaceAll("\u00a0", " ")), [], `${name}: ${value}`);
      }
    }
    assert.ok(readers > 0, name);
  }
});

test("readEnv() names every variable that is wrong at once", () => {
  const wrong = { ...PROCESSOR, RAW_BUCKET: "", PORT: "eighty", STORAGE_ENDPOINT: "localhost" };
  assert.deepEqual(wrongIn(readEnv, wrong), ["PORT", "RAW_BUCKET", "STORAGE_ENDPOINT"]);
});
