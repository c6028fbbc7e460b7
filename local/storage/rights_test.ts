import assert from "node:assert/strict";
import { test } from "node:test";
import { isGrantedOn } from "../rights.ts";
import { HMAC_KEY, signedFetch, startTestStorage, type TestStorage } from "./_fixture.ts";

const BUCKETS = ["raw", "processed", "erasures", "certificates", "config"] as const;
const IDENTITIES = [
  "edge",
  "originals",
  "processor",
  "keeper",
  "bridge",
  "webhooks",
  "auditors",
  "operators",
  "analysts",
  "push",
] as const;
/** One call for each verb, by the JSON API. */
const CALLS: Readonly<Record<string, (url: string, bucket: string) => Promise<Response>>> = {
  create: (url, bucket) =>
    fetch(`${url}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=new&ifGenerationMatch=0`, {
      method: "POST",
      body: "x",
    }),
  list: (url, bucket) => fetch(`${url}/storage/v1/b/${bucket}/o`),
  read: (url, bucket) => fetch(`${url}/storage/v1/b/${bucket}/o/there?alt=media`),
  remove: (url, bucket) => fetch(`${url}/storage/v1/b/${bucket}/o/there`, { method: "DELETE" }),
};

async function startWithIdentities(
  t: Parameters<typeof startTestStorage>[0],
): Promise<TestStorage> {
  const identityPorts = Object.fromEntries(IDENTITIES.map((identity) => [identity, 0]));
  const email = "edge@tintype-local.iam.gserviceaccount.com";
  const storage = await startTestStorage(t, {
    identityPorts,
    findKey: (id) =>
      id === HMAC_KEY.accessId ? { type: "hmac", secret: HMAC_KEY.secret, email } : undefined,
  });
  for (const bucket of BUCKETS) {
    const query = "uploadType=media&name=there";
    const url = `${storage.url}/upload/storage/v1/b/tintype-${bucket}/o?${query}`;
    await (await fetch(url, { method: "POST", body: "x" })).body?.cancel();
  }
  return storage;
}

test("each identity's port allows what the table of rights says, and nothing else", async (t) => {
  const storage = await startWithIdentities(t);
  for (const identity of IDENTITIES) {
    for (const bucket of BUCKETS) {
      for (const [verb, call] of Object.entries(CALLS)) {
        const answer = await call(storage.urlsByIdentity[identity] ?? "", `tintype-${bucket}`);
        await answer.body?.cancel();
        const name = { create: "new", list: undefined }[verb] ?? "there";
        const isAllowed = isGrantedOn(identity, { store: bucket, name }, verb);
        assert.equal(
          answer.status !== 403,
          isAllowed,
          `${identity} ${verb} ${bucket}: ${answer.status}`,
        );
      }
    }
  }
});

test("the keeper writes days.json alone into the configuration bucket, and reads all of it", async (t) => {
  const { urlsByIdentity } = await startWithIdentities(t);
  const bucket = `${urlsByIdentity["keeper"]}/storage/v1/b/tintype-config/o`;
  const upload = `${urlsByIdentity["keeper"]}/upload/storage/v1/b/tintype-config/o`;
  const calls = [
    ["POST", `${upload}?uploadType=media&name=days.json`, 200],
    ["POST", `${upload}?uploadType=media&name=days.json`, 200],
    ["POST", `${upload}?uploadType=media&name=tenants%2Facme.json`, 403],
    ["POST", `${upload}?uploadType=media&name=days.json2`, 403],
    ["GET", `${bucket}/there?alt=media`, 200],
    ["DELETE", `${bucket}/there`, 403],
    ["DELETE", `${bucket}/days.json`, 204],
  ] as const;
  for (const [method, url, status] of calls) {
    const body = method === "POST" ? { body: "x" } : {};
    const answer = await fetch(url, { method, ...body });
    await answer.body?.cancel();
    assert.equal(answer.status, status, `${method} ${url}`);
  }
  // The name of a multipart upload is in its body.
  const multipart = (name: string) =>
    fetch(`${upload}?uploadType=multipart`, {
      method: "POST",
      headers: { "Content-Type": "multipart/related; boundary=b" },
      body: `--b\r\nContent-Type: application/json\r\n\r\n${
        JSON.stringify({ name })
      }\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--`,
    });
  for (const [name, status] of [["days.json", 200], ["tenants/acme.json", 403]] as const) {
    const answer = await multipart(name);
    assert.equal(answer.status, status, await answer.text());
  }
});

test("no identity changes a bucket or an object's metadata", async (t) => {
  const { urlsByIdentity } = await startWithIdentities(t);
  for (const identity of IDENTITIES) {
    const bucket = `${urlsByIdentity[identity]}/storage/v1/b/tintype-raw`;
    for (const [method, url] of [["DELETE", bucket], ["PATCH", `${bucket}/o/there`]] as const) {
      const answer = await fetch(url, { method, body: "{}" });
      await answer.body?.cancel();
      assert.equal(answer.status, 403, `${identity} ${url}`);
    }
  }
});

test("a refusal names the identity, the permission and the bucket, as Cloud Storage does", async (t) => {
  const { urlsByIdentity } = await startWithIdentities(t);
  const answer = await CALLS["create"]?.(urlsByIdentity["processor"] ?? "", "tintype-raw");
  assert.match(
    await answer?.text() ?? "",
    /processor does not have storage\.objects\.create access to the Google Cloud Storage bucket tintype-raw/,
  );
});

test("what the edge's key signs has the edge's rights", async (t) => {
  const storage = await startWithIdentities(t);
  const calls = [
    ["PUT", "tintype-raw", "new", 200],
    ["GET", "tintype-processed", "there", 200],
    ["GET", "tintype-raw", "there", 403],
    ["PUT", "tintype-processed", "new", 403],
    ["DELETE", "tintype-raw", "there", 403],
    ["GET", "tintype-certificates", "there", 403],
  ] as const;
  for (const [method, bucket, object, status] of calls) {
    const body = method === "PUT" ? { body: "x" } : {};
    const answer = await signedFetch(storage, { method, bucket, object }, body);
    await answer.body?.cancel();
    assert.equal(answer.status, status, `${method} ${bucket}/${object}`);
  }
});

test("who may create and not delete writes over nothing, without a precondition too", async (t) => {
  const storage = await startWithIdentities(t);
  const there = { bucket: "tintype-raw", object: "there" } as const;
  const started = await signedFetch(storage, {
    ...there,
    method: "POST",
    headers: { "x-goog-resumable": "start" },
  });
  const bridge = `${storage.urlsByIdentity["bridge"]}/upload/storage/v1/b/tintype-raw/o`;
  const writes = {
    signed: signedFetch(storage, { ...there, method: "PUT" }, { body: "other" }),
    resumable: fetch(started.headers.get("location") ?? "", { method: "PUT", body: "other" }),
    json: fetch(`${bridge}?uploadType=media&name=there`, { method: "POST", body: "other" }),
  };
  for (const [how, writing] of Object.entries(writes)) {
    const answer = await writing;
    assert.equal(answer.status, 403, how);
    assert.match(await answer.text(), /storage\.objects\.delete/, how);
  }
  const kept = await fetch(`${storage.url}/storage/v1/b/tintype-raw/o/there?alt=media`);
  assert.equal(await kept.text(), "x");
});

test("who may create and delete writes over what is there", async (t) => {
  const { urlsByIdentity } = await startWithIdentities(t);
  const url = `${urlsByIdentity["processor"]}/upload/storage/v1/b/tintype-processed/o`;
  const answer = await fetch(`${url}?uploadType=media&name=there`, { method: "POST", body: "y" });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
});
