import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { exportJWK, generateKeyPair } from "jose";
import { readRawName } from "@tintype/core/model/object_name";
import { MemoryQuota } from "@tintype/core/testing/memory_quota";
import { AppError } from "@tintype/core/errors";
import { makeTestEdge } from "./_testing.ts";
import { makeTokenVerifier } from "./adapters/jose_token_verifier.ts";
import { RemoteKeys } from "./adapters/remote_keys.ts";
import { pinned, tenantObjects } from "./adapters/tenant_objects.ts";
import { tokenSettings } from "./token_settings.ts";
import { uploadSynthetic } from "./upload_synthetic.ts";

const CONTEXT = { waitUntil() {}, passThroughOnException() {}, props: {} };

test("uploadSynthetic() stores an image of the synthetic tenant, counted as any other", async () => {
  const edge = await makeTestEdge();
  await uploadSynthetic(edge.app, edge.services, [{}, CONTEXT]);
  const { objects } = await edge.raw.list({ prefix: "" });
  assert.deepEqual(objects.map(({ name }) => readRawName(name)?.tenant), ["synthetic"]);
  assert.equal(edge.logs.find(({ event }) => event === "request")?.["tenant"], "synthetic");
});

test("uploadSynthetic() throws where the edge refuses", async () => {
  const reserve = () => Promise.reject(new AppError("unavailable", "Cannot count now"));
  const quota = Object.assign(new MemoryQuota(), { reserve });
  const edge = await makeTestEdge({ services: { quota } });
  await assert.rejects(
    uploadSynthetic(edge.app, edge.services, [{}, CONTEXT]),
    /responded with 503/,
  );
});

test("the token of Google's probe is refused by an issuer's keys, and takes them", async () => {
  const file = new URL("../infra/terraform/alerts.tf", import.meta.url);
  const [, token = ""] = /token = "([^"]+)"/.exec(readFileSync(file, "utf8")) ?? [];
  const settings = tokenSettings.parse({ ISSUER: "https://issuer.test", AUDIENCE: "tintype" });
  const codeWith = async (keys: unknown[]) => {
    const fetch = () => Promise.resolve(Response.json({ keys }));
    const keySet = { url: "https://issuer.test", algorithms: settings.TOKEN_ALGORITHMS, fetch };
    const verify = makeTokenVerifier({ keys: new RemoteKeys(keySet), settings, clock: Date });
    return await verify(token).catch(({ code }) => code);
  };
  const { publicKey } = await generateKeyPair("ES256");
  const key = { ...await exportJWK(publicKey), kid: "one", alg: "ES256" };
  assert.deepEqual([await codeWith([key]), await codeWith([])], ["unauthenticated", "unavailable"]);
});

test("pinned() keeps objects in a jurisdiction where one is named", () => {
  const eu = { idFromName: () => ({}), get: () => "eu" };
  const anywhere = { idFromName: () => ({}), get: () => "anywhere" };
  const namespace = { ...anywhere, jurisdiction: (name: string) => name === "eu" ? eu : anywhere };
  assert.equal(pinned(namespace, "eu").get({}), "eu");
  assert.equal(pinned(namespace, undefined).get({}), "anywhere");
  assert.throws(() => pinned(anywhere, "eu"), /no jurisdictions/);
});

test("tenantObjects() makes a tenant's id once, and takes a new stub for a second try, the last one", async () => {
  const made: string[] = [];
  let stubs = 0;
  const ask = tenantObjects({
    idFromName: (name) => ({ name: made[made.push(name) - 1] }),
    get: (id) => ({ id, stub: ++stubs }),
  }, "Cannot count now");
  const failUntil = (good: number) => (asked: { id: object; stub: number }) =>
    asked.stub < good ? Promise.reject(new Error("The object moved")) : Promise.resolve(asked);
  assert.deepEqual(await ask("acme", failUntil(2)), { id: { name: "acme" }, stub: 2 });
  await assert.rejects(ask("acme", failUntil(9)), { code: "unavailable" });
  assert.deepEqual([(await ask("other", failUntil(0))).id, stubs], [{ name: "other" }, 5]);
  assert.deepEqual(made, ["acme", "other"]);
});
