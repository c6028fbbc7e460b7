import assert from "node:assert/strict";
import { test } from "node:test";
import { readAs, readProblem } from "./_assertions.ts";
import { ALL_SCOPES, call, idAt, makeTestEdge, ownerOf, putImage, signToken } from "./_testing.ts";
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
    assert.deepEqual(
      await look(line.replace("ID", bobs)),
      await look(line.replace("ID", never)),
      line,
    );
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
    [undefined, "Bearer"],
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
