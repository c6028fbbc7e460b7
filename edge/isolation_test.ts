import assert from "node:assert/strict";
import { test } from "node:test";
import { readAs, readProblem } from "./_assertions.ts";
import type { ImageId } from "@tintype/core/model/image_id";
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
import { imagePage } from "./schemas.ts";

test("another's image and one that never was are answered alike, by the same calls", async () => {
  const edge = await makeTestEdge({ services: { clock: Date } });
  const bobs = idAt(edge.clock.ms);
  await putImage(edge, { imageId: bobs, owner: await ownerOf("bob") });
  const never = idAt(edge.clock.ms, "00000000beef");
  const look = async (line: string, claims = {}) => {
    const answer = await call(edge, line, {
      claims,
      headers: { "X-Request-Id": "same-request", traceparent: "" },
    });
    const headers = [...answer.headers].filter(([name]) => name !== "traceparent");
    return { status: answer.status, headers, body: await answer.text() };
  };
  const lines = ["GET /v1/images/ID", "GET /v1/erasures/ID", "GET /v1/images/ID?wait=1"];
  for (const line of lines) {
    const [his, nobodys] = [bobs, never].map((id) => look(line.replace("ID", id)));
    assert.deepEqual(await his, await nobodys, line);
  }
  assert.equal((await look(`GET /v1/images/${bobs}`)).status, 404);
  assert.equal((await look(`GET /v1/images/${bobs}`, { sub: "bob" })).status, 200);
  assert.equal((await look(`GET /v1/images/${bobs}`, { sub: "bob", tenant: "other" })).status, 404);
  const erased = await look(`DELETE /v1/images/${bobs}`);
  assert.equal(erased.status, 202);
  assert.equal(
    erased.body.replaceAll(bobs, "ID"),
    (await look(`DELETE /v1/images/${never}`)).body.replaceAll(never, "ID"),
  );
  assert.equal((await look(`GET /v1/images/${bobs}`, { sub: "bob" })).status, 200, "bob's stays");
});

test("staff read within their own tenant by an owner's name, which they must give", async () => {
  const edge = await makeTestEdge();
  const imageId = idAt(edge.clock.ms);
  const owner = await ownerOf("bob");
  await putImage(edge, { imageId, owner });
  const staff = { sub: "staff", scope: "images:read:tenant" };
  const read = (query: string, claims: Record<string, unknown>) =>
    call(edge, `GET /v1/images/${imageId}${query}`, { claims });
  assert.equal((await read(`?owner=${owner}`, staff)).status, 200);
  const page = await call(edge, `GET /v1/images?owner=${owner}`, { claims: staff });
  assert.equal((await readAs(imagePage, page)).images.length, 1);
  assert.equal((await read(`?owner=${owner}`, { ...staff, tenant: "other" })).status, 404);
  assert.equal((await readProblem(await read("", staff), 400)).errors?.[0]?.path, "owner");
  const refused = await read(`?owner=${owner}`, { scope: ALL_SCOPES });
  assert.match(
    refused.headers.get("www-authenticate") ?? "",
    /insufficient_scope.*images:read:tenant/,
  );
  assert.equal((await readProblem(refused, 403)).code, "forbidden");
});

test("an image under an older pseudonym key is still its owner's", async () => {
  const edge = await makeTestEdge();
  const imageId = idAt(edge.clock.ms);
  await putImage(edge, { imageId, owner: await ownerOf("ann", "acme", true) });
  assert.equal((await call(edge, `GET /v1/images/${imageId}`)).status, 200);
  assert.equal((await readAs(imagePage, await call(edge, "GET /v1/images"))).images.length, 1);
  await call(edge, `DELETE /v1/images/${imageId}`);
  assert.equal((await call(edge, `GET /v1/images/${imageId}`)).status, 404);
});

test("each route takes its scope and no other", async () => {
  const edge = await makeTestEdge();
  const id = idAt(edge.clock.ms);
  const needs: [string, string][] = [
    ["POST /v1/uploads", "images:write"],
    ["POST /v1/images", "images:write"],
    ["GET /v1/images", "images:read"],
    [`GET /v1/images/${id}`, "images:read"],
    [`DELETE /v1/images/${id}`, "images:delete"],
    [`GET /v1/erasures/${id}`, "images:delete"],
  ];
  for (const [line, scope] of needs) {
    const others = ALL_SCOPES.split(" ").filter((other) => other !== scope).join(" ");
    for (const held of ["", others]) {
      const answer = await call(edge, line, { claims: { scope: held } });
      assert.equal(
        answer.headers.get("www-authenticate"),
        `Bearer error="insufficient_scope", scope="${scope}"`,
        line,
      );
      assert.equal((await readProblem(answer, 403)).code, "forbidden");
    }
    assert.notEqual((await call(edge, line, { claims: { scope } })).status, 403, line);
  }
});

test("a request without a valid token learns nothing but that", async () => {
  const edge = await makeTestEdge();
  const good = await signToken();
  const headers: [string | undefined, string][] = [
    [undefined, 'Bearer realm="tintype"'],
    ["", 'Bearer error="invalid_token"'],
    ["Bearer", 'Bearer error="invalid_token"'],
    ["Bearer x", 'Bearer error="invalid_token"'],
    [`bearer ${good}`, 'Bearer error="invalid_token"'],
    [`Bearer\t${good}`, 'Bearer error="invalid_token"'],
    [`Bearer  ${good}`, 'Bearer error="invalid_token"'],
    [`Bearer ${good}, Bearer ${good}`, 'Bearer error="invalid_token"'],
    [`Bearer ${good}x`, 'Bearer error="invalid_token"'],
    [`Basic ${btoa("a:b")}`, 'Bearer error="invalid_token"'],
  ];
  for (const [authorization, challenge] of headers) {
    const given = authorization === undefined ? {} : { Authorization: authorization };
    const answer = await edge.app.request("/v1/images?access_token=" + good, { headers: given });
    assert.equal(answer.headers.get("www-authenticate"), challenge, authorization);
    assert.equal((await readProblem(answer, 401)).code, "unauthenticated");
  }
});

/** Requests of every guarded operation of the document for an id; an operation that is not here fails the walk. */
const REQUESTS: Readonly<Record<string, (imageId: string) => CallOptions>> = {
  "POST /v1/uploads": (imageId) => ({ json: { contentType: "image/png", size: 1_000, imageId } }),
  "POST /v1/images?imageId={id}": () => ({
    body: PNG,
    headers: { "Content-Type": "image/png", "Content-Length": String(PNG.length) },
  }),
  "GET /v1/images": () => ({}),
  "GET /v1/images/{id}": () => ({}),
  "DELETE /v1/images/{id}": () => ({}),
  "GET /v1/erasures/{id}": () => ({}),
};

const STAFF_SCOPE = "images:read:tenant images:write images:delete";
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
  const owner = await ownerOf("bob");
  await putImage(edge, { imageId: ready, owner });
  await putImage(edge, { imageId: erased, owner });
  await call(edge, `DELETE /v1/images/${erased}`, { claims: { sub: "bob" } });
  return { edge, ready, erased, never };
}

test("whatever a stranger asks on any route, bob's id, his erased one and one that never was cost and answer alike", async () => {
  const guarded = Object.entries(edgeDocument().paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([, { security }]) => security !== undefined)
      .map(([method]) => `${method.toUpperCase()} ${path}`)
  );
  const walked = Object.keys(REQUESTS).map((line) => line.replace(/\?.*/, ""));
  assert.deepEqual(guarded.toSorted(), walked.toSorted(), "every route is walked");
  const owners = { BOB: await ownerOf("bob"), STAFF: await ownerOf("staff") };
  for (const [who, [claims, query]] of Object.entries(STRANGERS)) {
    for (const [line, requestOf] of Object.entries(REQUESTS)) {
      const seen: unknown[] = [];
      for (const which of ["ready", "erased", "never"] as const) {
        const world = await bobsWorld();
        world.edge.calls.length = 0;
        world.edge.sessions.length = 0;
        const asked = line.startsWith("GET /v1/images") ? query : "";
        const named = asked.replace(/BOB|STAFF/, (name) => owners[name as keyof typeof owners]); // one of both
        const request = requestOf(world[which]);
        const headers = { ...request.headers, "X-Request-Id": "same-request" };
        const asking = line.replace("{id}", world[which]) + (named === "" ? "" : `?${named}`);
        const answer = await call(world.edge, asking, {
          ...request,
          claims: { ...claims },
          headers,
        });
        seen.push({
          status: answer.status,
          headers: [...answer.headers].filter(([name]) => name !== "traceparent"),
          body: normal(await answer.text(), world),
          calls: world.edge.calls.toSorted(),
          sessions: world.edge.sessions.length,
        });
      }
      assert.deepEqual(seen[0], seen[2], `${who}: ${line}: his image`);
      assert.deepEqual(seen[1], seen[2], `${who}: ${line}: his erased image`);
    }
  }
});

test("staff see the owner whom they name, whose own listing the stranger's is not", async () => {
  const { edge, ready } = await bobsWorld();
  const owner = await ownerOf("bob");
  const list = async (claims: Record<string, unknown>, query = "") =>
    (await readAs(imagePage, await call(edge, `GET /v1/images${query}`, { claims }))).images
      .map(({ imageId }) => imageId);
  const staff = { sub: "staff", scope: "images:read:tenant" };
  assert.deepEqual(await list({ sub: "bob" }), [ready]);
  assert.deepEqual(await list(staff, `?owner=${owner}`), [ready]);
  assert.deepEqual(await list({}), []);
  assert.deepEqual(await list({ ...staff, tenant: "other" }, `?owner=${owner}`), []);
});

test("no guarded route answers anything but 401 without a token, and calls nothing", async () => {
  const { edge, ready, never } = await bobsWorld();
  edge.calls.length = 0;
  for (const [line, requestOf] of Object.entries(REQUESTS)) {
    const bodies = await Promise.all([ready, never].map(async (id) => {
      const [method = "", path = ""] = line.replace("{id}", id).split(" ");
      const { json, body, headers } = { ...requestOf(id) };
      const init: RequestInit = { method, headers: { ...headers, "X-Request-Id": "same-request" } };
      if (method === "POST") init.body = json === undefined ? body ?? "" : JSON.stringify(json);
      const answer = await edge.app.request(path, init);
      assert.equal(answer.headers.get("www-authenticate"), 'Bearer realm="tintype"', line);
      const text = await answer.clone().text();
      assert.equal((await readProblem(answer, 401)).code, "unauthenticated");
      return text;
    }));
    assert.equal(bodies[0], bodies[1], line);
  }
  assert.deepEqual(edge.calls, []);
});

/** An answer without the id it was asked with and the times of that id. */
function normal(body: string, world: { readonly [name: string]: unknown }): string {
  const ids = [world["ready"], world["erased"], world["never"]];
  return ids.reduce<string>((text, id) => text.replaceAll(String(id), "ID"), body)
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME");
}
