import assert from "node:assert/strict";
import { test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { makePushEnvelope } from "@tintype/core/events/push_envelope";
import { readProblem } from "../_assertions.ts";
import { call, idAt, makeTestEdge } from "../_testing.ts";
import { makePushVerifier } from "../adapters/push_verifier.ts";
import { RemoteKeys } from "../adapters/remote_keys.ts";

const NOW_MS = Date.now();
const AUDIENCE = "https://images.test/events/records";
const ACCOUNT = "push@tintype-test.iam.gserviceaccount.com";
const pair = await generateKeyPair("RS256");
const other = await generateKeyPair("RS256");
const jwks = { keys: [{ ...await exportJWK(pair.publicKey), kid: "one", alg: "RS256" }] };
const keys = new RemoteKeys({
  url: "https://google.test",
  algorithms: ["RS256"],
  fetch: () => Promise.resolve(Response.json(jwks)),
});

/** Google's identity token of a push, with claims changed. */
async function identityToken(changes: Record<string, unknown> = {}, { privateKey } = pair) {
  const iat = Math.floor(NOW_MS / 1_000) - 10;
  const exp = iat + 3_600;
  const who = { email: ACCOUNT, email_verified: true, sub: "1", azp: "1" };
  const from = { iss: "https://accounts.google.com", aud: AUDIENCE, iat, exp };
  return await new SignJWT({ ...from, ...who, ...changes })
    .setProtectedHeader({ alg: "RS256", kid: "one" }).sign(privateKey);
}

/** An edge whose day holds one image, declared with 1,000 bytes. */
async function startEdge() {
  const whom = { account: ACCOUNT, audience: AUDIENCE };
  const pushVerifier = makePushVerifier({ keys, ...whom, clock: Date });
  const edge = await makeTestEdge({ services: { pushVerifier } });
  const imageId = idAt(NOW_MS);
  const json = { contentType: "image/png", size: 1_000, imageId };
  assert.equal((await call(edge, "POST /v1/uploads", { json })).status, 201);
  const push = async (data: unknown, token?: string) => {
    const envelope = makePushEnvelope({
      messageId: "1",
      publishTime: new Date(),
      attributes: { type: "image.rejected", source: "edge" },
      data: new TextEncoder().encode(typeof data === "string" ? data : JSON.stringify(data)),
      subscription: "projects/p/subscriptions/tintype-images-edge",
    });
    const headers = { Authorization: `Bearer ${token ?? await identityToken()}` };
    return await call(edge, "POST /events/records", { claims: null, headers, json: envelope });
  };
  const found = { reason: "declared_mismatch", bytes: 200_000_000 };
  const record = { image_id: imageId, tenant: "acme", ...found };
  return { edge, push, record };
}

for (
  const [what, changes, counted] of [
    ["more than was declared", {}, 200_000_000],
    ["less than was declared", { bytes: 1 }, 1],
    ["more than the plan takes", { reason: "too_large" }, 200_000_000],
    ["a corrupt image", { reason: "corrupt" }, 1_000],
    ["an image of another id", { image_id: idAt(NOW_MS, "000000000002") }, 1_000],
    ["a record without its bytes", { bytes: null }, 1_000],
  ] as const
) {
  test(`a pushed record of ${what} counts ${counted} bytes, however often it comes`, async () => {
    const { edge, push, record } = await startEdge();
    for (let times = 0; times < 2; times++) {
      assert.equal((await push({ ...record, ...changes })).status, 204);
    }
    assert.equal(edge.quota.bytes(), counted);
  });
}

test("a push that is no record is acknowledged and logged, as another delivery would not change it", async () => {
  const { edge, push, record } = await startEdge();
  for (const data of ["", "[", "null", "{}", JSON.stringify({ ...record, bytes: -1 })]) {
    assert.equal((await push(data)).status, 204);
  }
  const lines = edge.logs.filter(({ event }) => event === "record_unreadable");
  assert.deepEqual([lines.length, edge.quota.bytes()], [5, 1_000]);
});

test("a push that Google has not signed for this address and account is 401, and counts nothing", async () => {
  const { edge, push, record } = await startEdge();
  const refused = {
    "another issuer": await identityToken({ iss: "https://issuer.test" }),
    "another audience": await identityToken({ aud: "https://images.test" }),
    "another account": await identityToken({ email: "other@tintype-test.iam.gserviceaccount.com" }),
    "an account that is not verified": await identityToken({ email_verified: false }),
    "an ended token": await identityToken({ exp: Math.floor(NOW_MS / 1_000) - 60 }),
    "another key": await identityToken({}, other),
    "no token": "x",
  };
  for (const [what, token] of Object.entries(refused)) {
    const { code } = await readProblem(await push(record, token), 401);
    assert.equal(code, "unauthenticated", what);
  }
  assert.equal(edge.quota.bytes(), 1_000);
  const unset = await makeTestEdge();
  await readProblem(await call(unset, "POST /events/records", { json: {} }), 404);
});
