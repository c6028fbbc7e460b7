/** The reader of the configuration against the local storage, over HTTP. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { tenantFile } from "@tintype/core/configuration/tenant_files";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { type ConfigBucket, openConfigBucket } from "../testing/config_bucket.ts";
import { gcsConfigReader } from "./gcs_config_reader.ts";

let storage: Emulator;
let config: ConfigBucket;
before(async () => {
  storage = await startEmulator("storage");
  config = await openConfigBucket(storage.url);
});
after(() => storage.stop());

const readerOf = (bucket = "tintype-config") => gcsConfigReader({ bucket, endpoint: storage.url });

test("gcsConfigReader() reads an object as it is now, and null where there is none", async () => {
  const name = tenantFile("acme");
  assert.equal(await readerOf().read(name), null);
  for (const maxBytes of [1_000, 2_000]) {
    await config.putTenant("acme", { maxBytes });
    const bytes = await readerOf().read(name);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes ?? undefined)), { maxBytes });
  }
});

test("gcsConfigReader() throws unavailable where storage does not respond", async () => {
  await storage.control("POST", "/_local/faults", {
    match: { path: "^/storage/" },
    times: 100,
    action: { status: 403 },
  });
  await assert.rejects(readerOf().read(tenantFile("acme")), { code: "unavailable" });
  await storage.control("DELETE", "/_local/faults");
});
