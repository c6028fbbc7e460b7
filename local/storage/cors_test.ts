import assert from "node:assert/strict";
import { test } from "node:test";
import { putMedia, signedFetch, startTestStorage } from "./_fixture.ts";

const origin = "http://localhost:8787";

test("a preflight is answered by the bucket's configuration", async (t) => {
  const { url } = await startTestStorage(t, { corsOrigins: [origin] });
  const preflight = async (from: string, bucket = "tintype-raw") => {
    const { headers, status } = await fetch(`${url}/${bucket}/any%20object`, {
      method: "OPTIONS",
      headers: {
        Origin: from,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,x-goog-hash,x-secret",
      },
    });
    return { status, allowed: headers.get("access-control-allow-origin"), headers };
  };
  const { headers, ...answer } = await preflight(origin);
  assert.deepEqual(answer, { status: 200, allowed: origin });
  assert.equal(headers.get("access-control-allow-headers"), "content-type,x-goog-hash");
  assert.match(headers.get("access-control-allow-methods") ?? "", /\bPUT\b/);
  assert.equal(headers.get("vary"), "Origin");
  assert.equal((await preflight("https://evil.example")).allowed, null);
  assert.equal((await preflight(origin, "tintype-certificates")).allowed, null);
});

test("an answer may be read by pages of the configured origin only", async (t) => {
  const storage = await startTestStorage(t, { corsOrigins: [origin] });
  await putMedia(storage, "object");
  const get = async (from: string) => {
    const { headers } = await signedFetch(storage, { method: "GET", object: "object" }, {
      headers: { Origin: from },
    });
    return headers;
  };
  const mine = await get(origin);
  assert.equal(mine.get("access-control-allow-origin"), origin);
  assert.match(mine.get("access-control-expose-headers") ?? "", /x-goog-generation/);
  assert.equal((await get("https://evil.example")).get("access-control-allow-origin"), null);
});

test("the JSON API, which asks for no credentials, is open to no page", async (t) => {
  const { url } = await startTestStorage(t, { corsOrigins: [origin] });
  const headers = { Origin: origin, "Access-Control-Request-Method": "GET" };
  for (const method of ["OPTIONS", "GET"]) {
    const response = await fetch(`${url}/storage/v1/b/tintype-raw/o`, { method, headers });
    assert.equal(response.headers.get("access-control-allow-origin"), null, method);
  }
});
