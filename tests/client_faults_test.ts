/** The client through the real edge into the local storage, interrupted five hundred times. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Edge, openEdge } from "./_edge.ts";
import { TROUBLES, uploadInterrupted } from "./_interrupted_uploads.ts";

const UPLOADS = 500;

let edge: Edge;
before(async () => {
  edge = await openEdge("faults");
});
after(() => edge?.stop());

test(`${UPLOADS} uploads that are cut, unanswered, refused, slow or offline arrive byte for byte, and send little twice`, async () => {
  const seed = Date.now() % 1_000_000;
  const uploads = await uploadInterrupted(edge, { count: UPLOADS, seed });
  const stored = await edge.storedDigests();
  assert.equal(stored.size, UPLOADS, `seed ${seed}`);
  for (const upload of uploads) {
    const { imageId, sha256, size, sentBytes, mostBytes, interruptions } = upload;
    const what = `seed ${seed}: ${JSON.stringify(upload)}`;
    assert.equal(stored.get(imageId), sha256, what);
    assert.ok(sentBytes <= 1.05 * size + interruptions * mostBytes, what);
  }
  for (const trouble of TROUBLES) {
    const those = uploads.filter((upload) => upload.trouble === trouble);
    const interrupted = those.filter(({ interruptions }) => interruptions > 0);
    assert.equal(those.length, UPLOADS / TROUBLES.length);
    assert.equal(interrupted.length, those.length, `seed ${seed}: ${trouble}`);
  }
});
