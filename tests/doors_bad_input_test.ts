/** Bad input at each door gets the answer of DESIGN, and no log line of any part holds a secret or a person. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { importHmacSigner, objectPath, signUrl } from "@tintype/gcs/v4_signer";
import { badRequests } from "./_bad_requests.ts";
import { BUCKETS, callEdge, clientFor, identityToken, tokenFor, URLS } from "./_cloud.ts";
import { noisePng, sha256 } from "./_pictures.ts";
import { openSystem, type System } from "./_system.ts";
import { forgedToken } from "./_tokens.ts";
import { waitUntil } from "./_wait.ts";

const JANE = "jane.doe@example.com";
const FILE_NAME = "janes_holiday.png";
const PUSH = "push@tintype-local.iam.gserviceaccount.com";
const SCHEDULER = "scheduler@tintype-local.iam.gserviceaccount.com";
const EVENTS = `${URLS.processor}/events/storage`;

let system: System;
let secrets: Readonly<Record<string, string>>;
let hmacKey: { readonly accessId: string; readonly secret: string };
/** Every token that a test sent. */
const tokens: string[] = [];

before(async () => {
  system = await openSystem();
  const file = await readFile(join(system.dataDir, "identities.json"), "utf8");
  const { edgeKey, pseudonymKeys, cursorKey } = JSON.parse(file);
  hmacKey = edgeKey;
  const [pseudonymKey] = pseudonymKeys;
  secrets = { "the HMAC secret": edgeKey.secret, "a pseudonym key": pseudonymKey, cursorKey };
});
after(async () => await system?.stop());

async function kept(token: string | Promise<string>): Promise<string> {
  tokens.push(await token);
  return await token;
}

/** Asserts a problem document (RFC 9457) of this status and code, as DESIGN has it. */
async function assertProblem(response: Response, expected: string, what: string): Promise<void> {
  const text = await response.text();
  const problem = JSON.parse(text);
  assert.equal(`${response.status} ${problem.code}`, expected, `${what}: ${text}`);
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/, what);
  const { type, status, requestId } = problem;
  assert.deepEqual({ type, status }, {
    type: `/problems/${problem.code}`,
    status: response.status,
  });
  assert.equal(requestId, response.headers.get("x-request-id"), what);
  assert.equal(response.headers.get("cache-control"), "private, no-store", what);
}

test("the edge refuses tokens that are missing, forged, expired, or of another right", async () => {
  const jwks = await (await fetch(`${URLS.oidc}/.well-known/jwks.json`)).json() as Keys;
  const kid = jwks.keys.find(({ alg }) => alg === "ES256")?.kid ?? "";
  assert.notEqual(kid, "");
  const claims = {
    iss: URLS.oidc,
    aud: "tintype",
    sub: JANE,
    tenant: "walks",
    scope: "images:read",
  };
  const refused: Readonly<Record<string, string | undefined>> = {
    "no token": undefined,
    "no JWT": "secret",
    "another key": forgedToken("ES256", { kid, claims }),
    "another algorithm": forgedToken("RS256", { kid, claims }),
    "no signature": forgedToken("none", { kid, claims }),
    "another issuer": await identityToken("tintype", PUSH),
    "expired": await tokenFor(JANE, { ttlSeconds: -60 }),
    "another tenant's form": await tokenFor(JANE, { tenant: "../walks" }),
    "over 8 KiB": await tokenFor(JANE, { scope: "images:read ".repeat(80) }) + "x".repeat(8_000),
  };
  for (const [what, token] of Object.entries(refused)) {
    const response = await callEdge("/v1/images", { token });
    if (token !== undefined) tokens.push(token);
    assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/, what);
    await assertProblem(response, "401 unauthenticated", what);
  }
  const token = await kept(tokenFor(JANE, { scope: "images:read" }));
  const json = { contentType: "image/png", size: 10 };
  const response = await callEdge("/v1/uploads", { token, method: "POST", json });
  assert.match(response.headers.get("www-authenticate") ?? "", /scope="images:write"/);
  await assertProblem(response, "403 forbidden", "another scope");
});

interface Keys {
  readonly keys: readonly { readonly kid: string; readonly alg: string }[];
}

test("the edge refuses requests that are not of its contract", async () => {
  const token = await kept(tokenFor(JANE));
  for (const [what, [answer, [path, request]]] of Object.entries(badRequests(FILE_NAME))) {
    await assertProblem(await callEdge(path, { token, ...request }), answer, what);
  }
  const response = await callEdge("/v1/uploads", { token, method: "PUT", json: {} });
  assert.match(response.headers.get("allow") ?? "", /\bPOST\b/);
  await assertProblem(response, "405 method_not_allowed", "another method");
});

test("bytes that are not those declared end rejected, and only their owner sees why", async () => {
  const token = await kept(tokenFor(JANE));
  const bytes = noisePng(20, 20);
  const json = { contentType: "image/png", size: bytes.length, sha256: sha256(noisePng(20, 20)) };
  const started = await (await callEdge("/v1/uploads", { token, method: "POST", json })).json();
  const { imageId, upload } = started as { imageId: string; upload: { url: string } }; // the contract
  assert.equal((await fetch(upload.url, { method: "PUT", body: bytes })).status, 200);
  const path = `/v1/images/${imageId}?wait=20`;
  const image = await (await callEdge(path, { token })).json() as Record<string, unknown>;
  assert.deepEqual([image["status"], image["reason"]], ["rejected", "digest_mismatch"]);
  const other = await kept(tokenFor("john.doe"));
  await assertProblem(
    await callEdge(`/v1/images/${imageId}`, { token: other }),
    "404 not_found",
    "",
  );
});

test("the processor takes pushes from its subscription's account alone, and acks what is garbage", async () => {
  const certs = await (await fetch(`${URLS.oidc}/google/certs`)).json() as Keys; // a JWKS
  const kid = certs.keys[0]?.kid ?? "";
  const google = { iss: "https://accounts.google.com", aud: EVENTS, sub: "1", email: PUSH };
  const claims = { ...google, email_verified: true };
  const right = await kept(identityToken(EVENTS, PUSH));
  const cases:
    readonly (readonly [what: string, url: string, token: string | undefined, number])[] = [
      ["unsigned", EVENTS, undefined, 401],
      ["forged", EVENTS, forgedToken("RS256", { kid, claims }), 401],
      ["without signature", EVENTS, forgedToken("none", { kid, claims }), 401],
      ["another audience", EVENTS, await identityToken(URLS.processor, PUSH), 401],
      ["another call's audience", `${URLS.processor}/events/dead`, right, 401],
      ["another account", EVENTS, await identityToken(EVENTS, SCHEDULER), 403],
      ["a user's token", EVENTS, await tokenFor(JANE), 401],
      ["garbage from the right account", EVENTS, right, 204],
    ];
  for (const [what, url, token, status] of cases) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${await kept(token)}` };
    const response = await fetch(url, { method: "POST", headers, body: `{"message":"${JANE}"` });
    assert.equal(response.status, status, `${what}: ${await response.text()}`);
  }
  await waitUntil("the log to tell of the garbage", () => {
    return system.lines.some((line) => line.includes("push_unreadable"));
  }, 5_000);
  const job = `${URLS.processor}/jobs/retention`;
  const headers = { authorization: `Bearer ${await kept(identityToken(job, PUSH))}` };
  assert.equal((await fetch(job, { method: "POST", headers })).status, 403);
});

test("the storage refuses what is not signed, signed by another key, for another object, or ended", async () => {
  const object = "2026-01-01/walks/nobody/nothing";
  const place = { method: "GET", endpoint: URLS.storage } as const;
  const sign = async (key: typeof hmacKey, nowMs: number, bucket: string = BUCKETS.processed) => {
    const request = { ...place, path: objectPath(bucket, object), expiresSeconds: 60 };
    return (await signUrl(await importHmacSigner(key), request, { nowMs })).url;
  };
  const good = await sign(hmacKey, Date.now());
  const cases: readonly (readonly [what: string, url: string, status: number, code: string])[] = [
    ["unsigned", `${URLS.storage}/${BUCKETS.processed}/${object}`, 403, "AccessDenied"],
    [
      "another key",
      await sign({ ...hmacKey, secret: "guess" }, Date.now()),
      403,
      "SignatureDoesNotMatch",
    ],
    ["another object", good.replace("nothing", "something"), 403, "SignatureDoesNotMatch"],
    ["ended", await sign(hmacKey, Date.now() - 61_000), 400, "ExpiredToken"],
    [
      "right, but of a bucket that the edge may not read",
      await sign(hmacKey, Date.now(), BUCKETS.raw),
      403,
      "AccessDenied",
    ],
    ["right, but nothing there", good, 404, "NoSuchKey"],
  ];
  for (const [what, url, status, code] of cases) {
    const response = await fetch(url);
    const text = await response.text();
    assert.equal(response.status, status, `${what}: ${text}`);
    assert.match(text, new RegExp(`<Code>${code}</Code>`), what);
  }
});

test("no log line holds a token, a signature, a session, a secret, a subject, a file name or an address", async () => {
  const token = await kept(tokenFor(JANE));
  const body = new FormData();
  body.set("file", new File([noisePng(30, 30)], FILE_NAME, { type: "image/png" }));
  const taken = await callEdge("/v1/images", { token, method: "POST", body });
  const { imageId } = await taken.json() as { imageId: string }; // the contract
  const image = await clientFor(JANE).waitUntilReady(imageId, { timeoutMs: 60_000 });
  for (const { url } of image.renditions) assert.equal((await fetch(url)).status, 200);
  await callEdge("/v1/images?limit=1", { token });
  await callEdge(`/v1/images/${imageId}`, { token, method: "DELETE" });
  await clientFor(JANE).upload(new Blob([noisePng(30, 30)], { type: "image/png" }));
  await waitUntil("the log to tell of the image", () => {
    return system.lines.filter((line) => line.includes(imageId)).length > 10;
  }, 10_000);
  const parts = ["edge", "processor", "storage", "pubsub", "bigquery", "oidc"];
  for (const part of parts) assert.ok(system.lines.some((line) => line.startsWith(part)), part);
  const start = system.lines.findIndex((line) => line.includes("Tintype is ready"));
  const log = system.lines.slice(start).join("\n");
  const texts = {
    ...secrets,
    "a token's beginning": "eyJ",
    "a session": "upload_id",
    "a signature": "Signature=",
    "an authorization": "Bearer ",
    "a subject": "jane.doe",
    "a file name": "janes_holiday",
    "an address": "127.0.0.1",
    "an address of version 6": "::1",
  };
  for (const [what, text] of Object.entries(texts)) {
    assert.ok(!log.includes(text), lineOf(log, what, text));
  }
  assert.ok(tokens.length > 20);
  for (const sent of tokens.filter(({ length }) => length > 20)) {
    const end = sent.slice(-20);
    assert.ok(!log.includes(end), lineOf(log, "a token's end", end));
  }
});

function lineOf(log: string, what: string, text: string): string {
  return `${what} in: ${log.split("\n").find((line) => line.includes(text))}`;
}
