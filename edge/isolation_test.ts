import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJwt } from "jose";
import { readAs, readProblem } from "./_assertions.ts";
import { type ImageId, t0OfImageId } from "@tintype/core/model/image_id";
import {
  ALL_SCOPES,
  call,
  type CallOptions,
  idAt,
  makeTestEdge,
  ownerOf,
  PNG,
  putImage,
  signToken,
} from "./_testing.ts";
import { edgeDocument } from "./openapi/generate.ts";
import {
  acceptedErasure,
  erasureResults,
  imagePage,
  madeGrant,
  resourceMetadata,
} from "./schemas.ts";

const DAY_MS = 86_400_000;
/** Requests of these tests have no host but this one. */
const METADATA_PARAMETER =
  'resource_metadata="http://localhost/.well-known/oauth-protected-resource"';
const SAME_REQUEST = { "X-Request-Id": "same-request" };

/** What a caller sees, but for the span, which is another with each answer. */
async function shownBy(answer: Response) {
  const headers = [...answer.headers].filter(([name]) => name !== "traceparent");
  return { status: answer.status, headers, body: await answer.text() };
}

test("a wait for another's image ends as one for an image that never was; to erase it changes nothing", async () => {
  const edge = await makeTestEdge({ services: { clock: Date } });
  const { imageId } = await putImage(edge, { subject: "bob" });
  const never = idAt(edge.clock.ms, "00000000beef");
  const [his, nobodys] = await Promise.all([imageId, never].map(async (id) => {
    const line = `GET /v1/images/${id}?wait=1`;
    return await shownBy(await call(edge, line, { headers: SAME_REQUEST }));
  }));
  assert.deepEqual([his, his?.status], [nobodys, 404]);
  assert.equal((await call(edge, `DELETE /v1/images/${imageId}`)).status, 202);
  const read = async (claims: Record<string, unknown>) =>
    (await call(edge, `GET /v1/images/${imageId}`, { claims })).status;
  assert.equal(await read({ sub: "bob" }), 200, "bob's stays");
  assert.equal(await read({ sub: "bob", tenant: "other" }), 404);
});

test("staff see within their own tenant the owner whom they name, as they must", async () => {
  const { edge, ready } = await bobsWorld();
  const owner = await ownerOf("bob", { timeMs: t0OfImageId(ready) });
  const yesterdays = await ownerOf("bob", { timeMs: t0OfImageId(ready) - DAY_MS });
  const staff = { sub: "staff", scope: "images:read:tenant" };
  const read = (query: string, claims: Record<string, unknown>) =>
    call(edge, `GET /v1/images/${ready}${query}`, { claims });
  assert.equal((await read(`?owner=${owner}`, staff)).status, 200);
  assert.equal((await read(`?owner=${owner}`, { ...staff, tenant: "other" })).status, 404);
  assert.equal((await read(`?owner=${yesterdays}`, staff)).status, 404, "of another day");
  assert.equal((await readProblem(await read("", staff), 400)).errors?.[0]?.path, "owner");
  const refused = await read(`?owner=${owner}`, { scope: ALL_SCOPES });
  const challenge = refused.headers.get("www-authenticate") ?? "";
  assert.match(challenge, /insufficient_scope.*images:read:tenant/);
  assert.equal((await readProblem(refused, 403)).code, "forbidden");
  const list = async (claims: Record<string, unknown>, query = "") =>
    (await readAs(imagePage, await call(edge, `GET /v1/images${query}`, { claims }))).images
      .map(({ imageId }) => imageId);
  assert.deepEqual(await list({ sub: "bob" }), [ready]);
  assert.deepEqual(await list(staff, `?owner=${owner}`), [ready]);
  assert.deepEqual(await list({}), []);
  assert.deepEqual(await list({ ...staff, tenant: "other" }, `?owner=${owner}`), []);
});

test("an original is read with its own scope, by staff with the tenant's too", async () => {
  const { edge, ready } = await bobsWorld();
  const owner = await ownerOf("bob", { timeMs: t0OfImageId(ready) });
  const read = async (query: string, sub: string, scope: string, tenant = "acme") =>
    (await call(edge, `GET /v1/images/${ready}/original${query}`, {
      claims: { sub, scope, tenant },
    })).status;
  const [own, both] = ["images:read:original", "images:read:original images:read:tenant"];
  assert.equal(await read("", "bob", own), 200);
  assert.equal(await read("", "staff", both), 404);
  assert.equal(await read(`?owner=${owner}`, "staff", both), 200);
  assert.equal(await read(`?owner=${owner}`, "staff", both, "other"), 404);
  assert.equal(await read(`?owner=${owner}`, "staff", own), 403);
  assert.equal(await read(`?owner=${owner}`, "staff", "images:read images:read:tenant"), 403);
});

test("staff erase within their own tenant, of the owner whom they name", async () => {
  const { edge, ready, never } = await bobsWorld();
  const owner = await ownerOf("bob", { timeMs: t0OfImageId(ready) });
  const staff = { sub: "staff", scope: "images:delete:tenant" };
  const erase = (line: string, claims: object, json?: object) =>
    call(edge, line, { claims: { ...claims }, json });
  const line = `DELETE /v1/images/${ready}`;
  assert.equal((await readProblem(await erase(line, staff), 400)).errors?.[0]?.path, "owner");
  const refused = await erase(`${line}?owner=${owner}`, {});
  assert.equal((await readProblem(refused, 403)).code, "forbidden");
  assert.equal((await erase(`${line}?owner=${owner}`, { ...staff, tenant: "other" })).status, 202);
  const status = async () =>
    (await call(edge, `GET /v1/images/${ready}`, { claims: { sub: "bob" } })).status;
  assert.equal(await status(), 200, "other's staff erase nothing of acme");
  const accepted = await erase(`${line}?owner=${owner}`, staff);
  const { erasure } = await readAs(acceptedErasure, accepted, 202);
  assert.equal(await status(), 404);
  assert.equal((await call(edge, `GET ${erasure}`, { claims: staff })).status, 200);
  const json = { imageIds: [ready, never] };
  const many = await erase(`POST /v1/erasures?owner=${owner}`, staff, json);
  assert.equal((await readAs(erasureResults, many, 202)).results.length, 2);
  assert.equal(edge.quota.erasures(), 1, "bob's own, and nothing of staff");
});

test("an image of a day that used another pseudonym key is still its owner's", async () => {
  const edge = await makeTestEdge();
  const { imageId } = await putImage(edge, { imageId: idAt(edge.clock.ms - DAY_MS) });
  assert.equal((await call(edge, `GET /v1/images/${imageId}`)).status, 200);
  assert.equal((await readAs(imagePage, await call(edge, "GET /v1/images"))).images.length, 1);
  await call(edge, `DELETE /v1/images/${imageId}`);
  assert.equal((await call(edge, `GET /v1/images/${imageId}`)).status, 404);
});

const UPLOAD = { contentType: "image/png", size: 1_000 };
const GRANT = { subject: "guest", count: 1, ttlSeconds: 60 };

/** Every guarded operation of the document: its scope, and its request for an id. One that is not here fails the walk. */
const OPERATIONS: Readonly<
  Record<string, readonly [scope: string, requestOf?: (imageId: string) => CallOptions]>
> = {
  "POST /v1/uploads": ["images:write", (imageId) => ({ json: { ...UPLOAD, imageId } })],
  "POST /v1/uploads/batch": [
    "images:write",
    (imageId) => ({ json: { uploads: [{ ...UPLOAD, imageId }] } }),
  ],
  "POST /v1/images?imageId={id}": ["images:write", () => {
    const headers = { "Content-Type": "image/png", "Content-Length": String(PNG.length) };
    return { body: PNG, headers };
  }],
  "GET /v1/images": ["images:read"],
  "GET /v1/images/{id}": ["images:read"],
  "GET /v1/images/{id}/original": ["images:read:original"],
  "DELETE /v1/images/{id}": ["images:delete"],
  "POST /v1/erasures": ["images:delete", (imageId) => ({ json: { imageIds: [imageId] } })],
  "GET /v1/erasures/{id}": ["images:delete"],
  "POST /v1/grants": ["images:grant", () => ({ json: GRANT })],
  "DELETE /v1/grants/{id}": ["images:grant"],
  "GET /v1/limits": ["images:write"],
};

test("each route takes its scope and no other", async () => {
  const edge = await makeTestEdge();
  const id = idAt(edge.clock.ms);
  for (const [operation, [scope, requestOf]] of Object.entries(OPERATIONS)) {
    const line = operation.replace("{id}", id);
    const others = ALL_SCOPES.split(" ").filter((other) => other !== scope).join(" ");
    for (const held of ["", others]) {
      const answer = await call(edge, line, { claims: { scope: held } });
      const challenge =
        `Bearer error="insufficient_scope", scope="${scope}", ${METADATA_PARAMETER}`;
      assert.equal(answer.headers.get("www-authenticate"), challenge, line);
      assert.equal((await readProblem(answer, 403)).code, "forbidden");
    }
    const allowed = await call(edge, line, { ...requestOf?.(id), claims: { scope } });
    assert.notEqual(allowed.status, 403, line);
  }
});

test("a request without a valid token learns nothing but that", async () => {
  const edge = await makeTestEdge();
  const good = await signToken();
  const refused = [
    ...["", "Bearer", "Bearer x", `Bearer\t${good}`],
    ...[`Bearer  ${good}`, `Bearer ${good},`, `Bearer ${good}, Bearer ${good}`, `Bearer, ${good}`],
    ...[`Bearer ${good}x`, `Bearer "${good}"`, good, `Token ${good}`, `Basic ${btoa("a:b")}`],
  ].map((Authorization) =>
    [{ Authorization }, `Bearer error="invalid_token", ${METADATA_PARAMETER}`] as const
  );
  const without = [
    ...[{}, { Cookie: `access_token=${good}` }],
    ...[{ "Proxy-Authorization": `Bearer ${good}` }, { "X-Authorization": `Bearer ${good}` }],
  ].map((headers: HeadersInit) =>
    [headers, `Bearer realm="tintype", ${METADATA_PARAMETER}`] as const
  );
  for (const [headers, challenge] of [...refused, ...without]) {
    const answer = await edge.app.request("/v1/images?access_token=" + good, { headers });
    assert.equal(answer.headers.get("www-authenticate"), challenge, JSON.stringify(headers));
    assert.equal((await readProblem(answer, 401)).code, "unauthenticated");
  }
  const reasons = new Set(edge.logs.map(({ reason }) => reason));
  assert.deepEqual(reasons, new Set(["authorization", "malformed", "signature", "no_token"]));
  for (const scheme of ["bearer", "BEARER"]) {
    const headers = { Authorization: `${scheme} ${good}` };
    assert.equal((await edge.app.request("/v1/images", { headers })).status, 200, scheme);
  }
});

test("a client that was refused finds the issuer (RFC 9728)", async () => {
  const edge = await makeTestEdge();
  const refused = await call(edge, "GET /v1/images", { claims: null });
  const [, address = ""] = /resource_metadata="([^"]*)"/
    .exec(refused.headers.get("www-authenticate") ?? "") ?? [];
  const answer = await call(edge, `GET ${new URL(address).pathname}`, { claims: null });
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  const metadata = await readAs(resourceMetadata, answer);
  // What a client compares with the address that it came by (section 3.3).
  assert.equal(metadata.resource, new URL(address).origin);
  assert.deepEqual(metadata.authorization_servers, [edge.services.issuer]);
});

const STAFF_SCOPE =
  "images:read:tenant images:read:original images:write images:delete:tenant images:grant";
const STRANGERS: Readonly<Record<string, readonly [claims: object, query: string]>> = {
  "another owner": [{}, ""],
  "another tenant's namesake": [{ sub: "bob", tenant: "other" }, ""],
  "another tenant's staff": [{ sub: "staff", tenant: "other", scope: STAFF_SCOPE }, "owner=BOB"],
  "staff who asks for somebody else": [{ sub: "staff", scope: STAFF_SCOPE }, "owner=STAFF"],
};

/** A world in which bob has an image that is ready and one that he erased. */
async function bobsWorld() {
  const edge = await makeTestEdge();
  const ids = [1, 2, 3].map((n) => idAt(edge.clock.ms - 60_000, `00000000000${n}`));
  const [ready, erased, never] = ids as [ImageId, ImageId, ImageId]; // three were made
  await putImage(edge, { imageId: ready, subject: "bob" });
  await putImage(edge, { imageId: erased, subject: "bob" });
  await call(edge, `DELETE /v1/images/${erased}`, { claims: { sub: "bob" } });
  edge.calls.length = 0;
  return { edge, ready, erased, never };
}

test("whatever a stranger asks on any route, bob's id, his erased one and one that never was cost and answer alike", async () => {
  const guarded = Object.entries(edgeDocument().paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([, { security }]) => security !== undefined)
      .map(([method]) => `${method.toUpperCase()} ${path}`)
  );
  const walked = Object.keys(OPERATIONS).map((line) => line.replace(/\?.*/, ""));
  assert.deepEqual(guarded.toSorted(), walked.toSorted(), "every route is walked");
  const owners = { BOB: await ownerOf("bob"), STAFF: await ownerOf("staff") };
  for (const [who, [claims, query]] of Object.entries(STRANGERS)) {
    for (const [line, [, requestOf]] of Object.entries(OPERATIONS)) {
      const search = /^POST \/v1\/(uploads|images)/.test(line) || query === "" ? "" : `?${query}`;
      const named = search.replace(/BOB|STAFF/, (name) => owners[name as keyof typeof owners]); // one of both
      const seen = await Promise.all((["ready", "erased", "never"] as const).map(async (which) => {
        const { edge, ...ids } = await bobsWorld();
        const request = requestOf?.(ids[which]);
        const headers = { ...request?.headers, ...SAME_REQUEST };
        const asking = { ...request, claims: { ...claims }, headers };
        const asked = line.replace("{id}", ids[which]) + named;
        const shown = await shownBy(await call(edge, asked, asking));
        const { calls, sessions } = edge;
        const body = normal(shown.body, Object.values(ids));
        return { ...shown, body, calls: calls.toSorted(), sessions: sessions.length };
      }));
      assert.deepEqual(seen[0], seen[2], `${who}: ${line}: his image`);
      assert.deepEqual(seen[1], seen[2], `${who}: ${line}: his erased image`);
    }
  }
});

test("no guarded route answers anything but 401 without a token, and calls nothing", async () => {
  const { edge, ready, never } = await bobsWorld();
  for (const [line, [, requestOf]] of Object.entries(OPERATIONS)) {
    const shown = await Promise.all([ready, never].map(async (id) => {
      const { headers, ...request } = requestOf?.(id) ?? {};
      const asking = { ...request, claims: null, headers: { ...headers, ...SAME_REQUEST } };
      const answer = await call(edge, line.replace("{id}", id), asking);
      const challenge = `Bearer realm="tintype", ${METADATA_PARAMETER}`;
      assert.equal(answer.headers.get("www-authenticate"), challenge, line);
      assert.equal((await readProblem(answer.clone(), 401)).code, "unauthenticated");
      return await shownBy(answer);
    }));
    assert.deepEqual(shown[0], shown[1], line);
  }
  assert.deepEqual(edge.calls, []);
});

/** What a grant may do at all. */
const GRANTED = [
  ...["POST /v1/uploads", "POST /v1/uploads/batch", "POST /v1/images?imageId={id}"],
  ...["GET /v1/images/{id}", "GET /v1/limits"],
];

test("a grant reaches what it uploaded, and on any route nothing else of its owner", async () => {
  const { edge, ready, erased, never } = await bobsWorld();
  const json = { subject: "bob", count: 2, ttlSeconds: 60, ref: "booking-1" };
  const made = await call(edge, "POST /v1/grants", { json });
  const { token, grantId } = await readAs(madeGrant, made, 201);
  assert.ok(!JSON.stringify(decodeJwt(token)).includes("bob"), "it names nobody");
  const ask = (line: string, request: CallOptions = {}) => {
    const headers = { ...request.headers, ...SAME_REQUEST, Authorization: `Bearer ${token}` };
    return call(edge, line, { ...request, headers, claims: null });
  };
  for (const [line, [scope, requestOf]] of Object.entries(OPERATIONS)) {
    if (GRANTED.includes(line)) continue;
    const refused = await ask(line.replace("{id}", ready), requestOf?.(ready));
    assert.equal((await readProblem(refused, 403)).code, "forbidden", `${line}: ${scope}`);
  }
  const answerTo = async (line: string, id: string) => shownBy(await ask(`${line}/${id}`));
  edge.calls.length = 0;
  const ids = [ready, erased, never];
  const seen = await Promise.all(ids.map((id) => answerTo("GET /v1/images", id)));
  assert.deepEqual([seen[0], seen[1], seen[0]?.status], [seen[2], seen[2], 404]);
  assert.deepEqual(edge.calls, []);
  const start = (imageId: string) =>
    ask("POST /v1/uploads", { json: { contentType: "image/png", size: PNG.length, imageId } });
  for (const id of [ready, erased]) {
    const early = await start(id);
    assert.equal((await readProblem(early, 400)).errors?.[0]?.path, "imageId", "before the grant");
  }
  const his = idAt(edge.clock.ms, "00000000b0b0");
  await putImage(edge, { imageId: his, subject: "bob" });
  assert.equal((await readProblem(await start(his), 409)).code, "conflict");
  const own = idAt(edge.clock.ms, "00000000cafe");
  assert.equal((await start(own)).status, 201);
  await putImage(edge, { imageId: own, subject: "bob" });
  assert.equal((await start(own)).status, 200, "its own again");
  assert.equal((await ask(`GET /v1/images/${own}`)).status, 200);
  const named = await ask(`GET /v1/images/${own}?owner=${await ownerOf("bob")}`);
  assert.equal((await readProblem(named, 403)).code, "forbidden");
  assert.match(JSON.stringify(edge.sessions.at(-1)), /"ref":"booking-1"/);
  assert.equal((await call(edge, `GET /v1/images/${own}`, { claims: { sub: "bob" } })).status, 200);
  const revoke = async () => (await call(edge, `DELETE /v1/grants/${grantId}`)).status;
  assert.deepEqual([await revoke(), await revoke()], [204, 404]);
});

/** An answer without the ids of a world and the times of those ids. */
function normal(body: string, ids: readonly string[]): string {
  return ids.reduce((text, id) => text.replaceAll(id, "ID"), body)
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/"grantId":"[^"]*","token":"[^"]*"/, "GRANT");
}
