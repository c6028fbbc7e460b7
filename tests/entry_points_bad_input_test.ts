/**
 * Each entry point of the running system refuses what is not for it, and no log line of any part holds a secret or a person.
 * Every kind of bad input is a case of the source's own tests and of `tests/acceptance`: `edge/`, `processor/app_test.ts`, `gcs/v4_verifier_test.ts`.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "@tintype/core/testing/eventually";
import { BUCKETS, callEdge, clientFor, identityToken, tokenFor, URLS } from "./_cloud.ts";
import { noisePng, pngBlob, sha256 } from "./_pictures.ts";
import { openSystem, type System } from "./_system.ts";

const JANE = "jane.doe@example.com";
const FILE_NAME = "janes_holiday.png";
const PUSH = "push@tintype-local.iam.gserviceaccount.com";
const SCHEDULER = "scheduler@tintype-local.iam.gserviceaccount.com";
const EVENTS = `${URLS.processor}/events/storage`;

let system: System;
let secrets: Readonly<Record<string, string>>;
/** Every token that a test sent. */
const tokens: string[] = [];

before(async () => {
  system = await openSystem();
  const file = await readFile(join(system.dataDir, "identities.json"), "utf8");
  const { edgeKey, originalsKey, pseudonymKeys, cursorKey, grantKey } = JSON.parse(file);
  const pseudonymKey: string = pseudonymKeys["1"];
  const keys = { cursorKey, grantKey };
  const hmacSecrets = {
    "the HMAC secret": edgeKey.secret,
    "originals' secret": originalsKey.secret,
  };
  secrets = { ...hmacSecrets, "a pseudonym key": pseudonymKey, ...keys };
});
after(async () => await system?.stop());

async function kept(token: string | Promise<string>): Promise<string> {
  tokens.push(await token);
  return await token;
}

/** A token under the issuer's own key id whose signature is another token's, or missing. */
async function forged(token: Promise<string>, other?: Promise<string>): Promise<string> {
  const [head, claims] = (await token).split(".");
  return `${head}.${claims}.${(await other)?.split(".").at(-1) ?? ""}`;
}

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
  const other = await callEdge(`/v1/images/${imageId}`, {
    token: await kept(tokenFor("john.doe")),
  });
  assert.equal(other.status, 404, "another person");
});

test("bytes beyond their declaration are removed at once, and the edge learns how many came", async () => {
  const token = await kept(tokenFor(JANE));
  const json = { contentType: "image/png", size: 1 };
  const started = await (await callEdge("/v1/uploads", { token, method: "POST", json })).json();
  const { imageId, upload } = started as { imageId: string; upload: { url: string } }; // the contract
  const put = await fetch(upload.url, { method: "PUT", body: noisePng(20, 20) });
  assert.equal(put.status, 200);
  const path = `/v1/images/${imageId}?wait=20`;
  const image = await (await callEdge(path, { token })).json() as Record<string, unknown>;
  assert.deepEqual([image["status"], image["reason"]], ["rejected", "declared_mismatch"]);
  await eventually("the raw object to be gone", async () => {
    const response = await fetch(`${URLS.storage}/storage/v1/b/${BUCKETS.raw}/o`);
    assert.equal(response.status, 200);
    return !(await response.text()).includes(imageId);
  }, 5_000);
  await eventually("the push of its record to the edge", () => {
    return system.lines.some((line) => line.includes("/events/records") && line.includes("204"));
  }, 10_000);
});

test("processor, keeper and webhook dispatcher are called by their subscription's and scheduler's accounts alone, and garbage is acknowledged", async () => {
  const job = `${URLS.keeper}/jobs/sweep`;
  const webhooks = `${URLS.webhooks}/events/webhooks`;
  const right = identityToken(EVENTS, PUSH);
  const another = identityToken(EVENTS, SCHEDULER);
  const cases:
    readonly (readonly [what: string, url: string, token: string | undefined, number])[] = [
      ["unsigned", EVENTS, undefined, 401],
      ["another's signature", EVENTS, await forged(right, another), 401],
      ["another call's audience", `${URLS.processor}/events/dead`, await right, 401],
      ["another account", EVENTS, await another, 403],
      ["a user's token", EVENTS, await tokenFor(JANE), 401],
      ["garbage from the right account", EVENTS, await right, 204],
      ["a job by the account of pushes", job, await identityToken(job, PUSH), 403],
      ["another service's audience", webhooks, await right, 401],
      ["garbage for webhooks", webhooks, await identityToken(webhooks, PUSH), 204],
    ];
  for (const [what, url, token, status] of cases) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${await kept(token)}` };
    const response = await fetch(url, { method: "POST", headers, body: `{"message":"${JANE}"` });
    assert.equal(response.status, status, `${what}: ${await response.text()}`);
  }
  await eventually("the log to tell of the garbage", () => {
    return system.lines.some((line) => line.includes("push_unreadable"));
  }, 5_000);
});

test("no log line holds a token, a signature, a session, a secret, a subject, a file name or an address", async () => {
  const token = await kept(tokenFor(JANE));
  const body = new FormData();
  body.set("file", new File([noisePng(30, 30)], FILE_NAME, { type: "image/png" }));
  const taken = await callEdge("/v1/images", { token, method: "POST", body });
  const { imageId } = await taken.json() as { imageId: string }; // the contract
  const image = await clientFor(JANE).waitUntilReady(imageId, { timeoutMs: 60_000 });
  for (const { url } of image.renditions) assert.equal((await fetch(url)).status, 200);
  const wrong = { contentType: "image/png", size: 100, fileName: FILE_NAME };
  await callEdge("/v1/uploads", { token, method: "POST", json: wrong });
  await callEdge(`/v1/images?page=${FILE_NAME}`, { token });
  await callEdge(`/v1/images/${imageId}`, { token, method: "DELETE" });
  await clientFor(JANE).upload(pngBlob(30, 30));
  await eventually("the log to tell of the image", () => {
    return system.lines.filter((line) => line.includes(imageId)).length > 10;
  }, 10_000);
  const parts = ["edge", "processor", "keeper", "storage", "pubsub", "bigquery", "oidc"];
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
  assert.ok(tokens.length > 10);
  for (const sent of tokens) {
    const end = sent.slice(-20);
    assert.ok(!log.includes(end), lineOf(log, "a token's end", end));
  }
});

function lineOf(log: string, what: string, text: string): string {
  return `${what} in: ${log.split("\n").find((line) => line.includes(text))}`;
}
