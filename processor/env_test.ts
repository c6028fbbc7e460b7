import { isAppError } from "@tintype/core/errors";
import assert from "node:assert/strict";
import { test } from "node:test";
import { readEnv } from "./env.ts";

const GOOD = {
  RAW_BUCKET: "tintype-raw",
  PROCESSED_BUCKET: "tintype-processed",
  ERASURES_BUCKET: "tintype-erasures",
  CONFIG_BUCKET: "tintype-config",
  GOOGLE_CLOUD_PROJECT: "tintype-local",
  AUDIENCE: "http://localhost:8080/",
  PUSH_SERVICE_ACCOUNT: "push@tintype-local.iam.gserviceaccount.com",
};

test("readEnv() fills in what is not given", () => {
  const env = readEnv({ ...GOOD, STORAGE_ENDPOINT: "" });
  assert.equal(env.port, 8080);
  assert.equal(env.audience, "http://localhost:8080");
  assert.equal(env.endpoints.storage, undefined);
  assert.equal(env.policy.periodMs, 604_800_000);
  assert.equal(env.oidcKeysUrl.hostname, "www.googleapis.com");
  assert.deepEqual([env.pixelProcesses, env.maxInstances], [4, 20]);
});

test("readEnv() names every variable that is wrong at once", () => {
  const wrong = {
    ...GOOD,
    RAW_BUCKET: undefined,
    PORT: "eighty",
    PUSH_SERVICE_ACCOUNT: "nobody",
    RETENTION_MS: "5",
    STORAGE_ENDPOINT: "localhost",
  };
  assert.throws(() => readEnv(wrong), (error) => {
    assert.ok(isAppError(error, "invalid_config"));
    assert.deepEqual(error.errors.map(({ path }) => path).sort(), [
      "PORT",
      "PUSH_SERVICE_ACCOUNT",
      "RAW_BUCKET",
      "RETENTION_MS",
      "STORAGE_ENDPOINT",
    ]);
    return true;
  });
});
