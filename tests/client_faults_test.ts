/** The client through the real edge into the local storage, interrupted five hundred times. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type LocalCloud,
  type LocalWorker,
  startLocalCloud,
  startWorker,
} from "@tintype/edge/_local_cloud";
import { storedDigests, TROUBLES, uploadInterrupted } from "./_interrupted_uploads.ts";

const UPLOADS = 500;
const NO_LIMIT = 1_000_000;

let cloud: LocalCloud;
let worker: LocalWorker;
before(async () => {
  cloud = await startLocalCloud();
  worker = await startWorker(cloud, { requestsPerMinute: NO_LIMIT });
});
after(async () => {
  await worker?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
});

test(`${UPLOADS} uploads that are cut, unanswered, refused, slow or offline arrive byte for byte, and send little twice`, async () => {
  const seed = Date.now() % 1_000_000;
  const uploads = await uploadInterrupted({ cloud, worker }, { count: UPLOADS, seed });
  const stored = await storedDigests(cloud.storageUrl);
  assert.equal(stored.size, UPLOADS, `seed ${seed}`);
  for (const upload of uploads) {
    const { imageId, sha256, size, sentBytes, mostBytes, interruptions } = upload;
    const told = `seed ${seed}: ${JSON.stringify(upload)}`;
    assert.equal(stored.get(imageId), sha256, told);
    assert.ok(sentBytes <= 1.05 * size + interruptions * mostBytes, told);
  }
  for (const trouble of TROUBLES) {
    const those = uploads.filter((upload) => upload.trouble === trouble);
    const interrupted = those.filter(({ interruptions }) => interruptions > 0);
    assert.equal(those.length, UPLOADS / TROUBLES.length);
    assert.equal(interrupted.length, those.length, `seed ${seed}: ${trouble}`);
  }
});
