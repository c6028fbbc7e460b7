import assert from "node:assert/strict";
import { test } from "node:test";
import { readAs, readProblem } from "./_assertions.ts";
import { call, idAt, makeTestEdge, ownerOf } from "./_testing.ts";
import { FAIL_REASONS, REJECT_REASONS } from "@tintype/core/model/reject_reason";
import {
  type AnalyticsBinding,
  analyticsCounter,
  assetsPageFiles,
  makeRateLimit,
} from "./adapters/bindings.ts";
import { durableObjectQuota } from "./adapters/durable_object_quota.ts";
import { makeApp } from "./app.ts";
import { readEnv } from "./env.ts";
import type { RequestSpan } from "./ports.ts";
import { PROBLEM_TYPES } from "./problem_types.ts";
import { startedUpload } from "./schemas.ts";

const upload = { contentType: "image/png", size: 1_000 };

test("limits answer 429 with their fields, the address's before the token is looked at", async () => {
  const edge = await makeTestEdge({ addressLimit: 3, ownerLimit: 1 });
  const ask = (address: string, claims: Record<string, unknown> | null = null) =>
    call(edge, "GET /v1/images", { claims, headers: { "CF-Connecting-IP": address } });
  assert.equal((await ask("2001:db8:1:2::1", {})).status, 200);
  const owner = await ask("2001:db8:1:2:ffff::2", {});
  assert.equal(owner.headers.get("ratelimit-policy"), '"owner";q=1;w=60');
  assert.equal((await ask("2001:db8:1:2::3")).status, 401);
  const address = await ask("2001:db8:1:2::4");
  assert.equal(address.headers.get("ratelimit-policy"), '"address";q=3;w=60');
  assert.equal(address.headers.get("ratelimit"), '"address";r=0;t=60');
  assert.equal(address.headers.get("retry-after"), "60");
  assert.equal((await readProblem(address, 429)).code, "rate_limited");
  assert.equal((await ask("2001:db8:1:3::1")).status, 401, "another /64 has its own");
});

const broken = () => Promise.reject(new Error("binding is gone"));
const brokenLimit = makeRateLimit({ limit: broken }, { name: "address", requests: 1 });
const calls = { settle: broken, release: broken, countErasures: broken, used: broken };
const brokenStub = { ...calls, reserve: broken };
const brokenObject = durableObjectQuota({ idFromName: () => ({}), get: () => brokenStub });
for (
  const [name, services, line] of [
    ["a rate limit by address", { addressLimit: brokenLimit }, "GET /v1/images"],
    ["a rate limit by owner", { ownerLimit: brokenLimit }, "GET /v1/images"],
    ["a quota", { quota: brokenObject }, "POST /v1/uploads"],
    ["a quota of erasures", { quota: brokenObject }, `DELETE /v1/images/${idAt(Date.now())}`],
    ["the quota's reader", { quota: brokenObject }, "GET /v1/limits"],
    ["static assets", { pageFiles: assetsPageFiles({ fetch: broken }) }, "GET /"],
  ] as const
) {
  test(`a binding of ${name} that throws is 503 with Retry-After`, async () => {
    const edge = await makeTestEdge({ services });
    const response = await call(edge, line, line.startsWith("POST") ? { json: upload } : {});
    assert.equal(response.headers.get("retry-after"), "1");
    assert.equal((await readProblem(response, 503)).code, "unavailable");
  });
}

test("unknown pages are 404, known ones under another method 405 with Allow; HEAD works as GET", async () => {
  const edge = await makeTestEdge();
  const id = idAt(edge.clock.ms);
  for (const path of ["/v2", "/v1/none", "/v1/images/", `/v1/images/${id}/x`, "/problems/none"]) {
    assert.equal((await readProblem(await call(edge, `GET ${path}`), 404)).code, "not_found", path);
  }
  for (const id of ["..", "%2e%2e", "%00", "x".repeat(200), "0".repeat(36)]) {
    const answer = await call(edge, `GET /v1/images/${id}`);
    assert.ok([400, 404, 200].includes(answer.status), `${id} ${answer.status}`);
  }
  const put = await call(edge, `PUT /v1/images/${id}`);
  assert.equal(put.headers.get("allow"), "GET, HEAD, DELETE, OPTIONS");
  const { code, errors } = await readProblem(put, 405);
  assert.deepEqual([code, errors], ["method_not_allowed", undefined]);
  assert.equal((await call(edge, "POST /healthz")).status, 405);
  const options = await call(edge, "OPTIONS /v1/uploads");
  assert.deepEqual([options.status, options.headers.get("allow")], [204, "POST, OPTIONS"]);
  const head = await call(edge, "HEAD /v1/images");
  assert.deepEqual([head.status, await head.text()], [200, ""]);
});

test("CORS answers preflights by the union of origins, requests by their tenant's", async () => {
  const [a, b, c] = ["https://a.test", "https://b.test", "https://c.test"];
  const tenants = { acme: { corsOrigins: [a] }, other: { corsOrigins: [b] } };
  const edge = await makeTestEdge({ tenants });
  const preflight = (origin: string) =>
    edge.app.request("/v1/uploads", {
      method: "OPTIONS",
      headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
    });
  for (const [origin, allowed] of [[a, a], [b, b], [c, null]] as const) {
    const answer = await preflight(origin);
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get("access-control-allow-origin"), allowed);
  }
  const asked = async (origin: string) =>
    (await call(edge, "GET /v1/images", { headers: { Origin: origin } })).headers;
  assert.equal((await asked(a)).get("access-control-allow-origin"), a);
  assert.equal((await asked(b)).get("access-control-allow-origin"), null);
  assert.equal((await asked(b)).get("vary"), "Accept, Origin");
});

test("every answer carries its request id, its trace and the security headers", async () => {
  const edge = await makeTestEdge();
  const trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00";
  const given = { "X-Request-Id": "given-id-1", traceparent: trace };
  const answer = await call(edge, "GET /none", { headers: given });
  assert.equal(edge.logs.at(-1)?.["route"], "(none)");
  assert.equal(answer.headers.get("x-request-id"), "given-id-1");
  assert.match(
    answer.headers.get("traceparent") ?? "",
    /^00-0123456789abcdef0123456789abcdef-(?!0123456789abcdef)[0-9a-f]{16}-00$/,
  );
  const bad = ["bad id", "../../etc/passwd", "a".repeat(65), "", "x"];
  for (const [at, path] of ["/", "/none", "/docs", "/v1/images", "/healthz"].entries()) {
    const wrong = { "X-Request-Id": bad[at] ?? "", traceparent: "00-x" };
    const { headers } = await call(edge, `GET ${path}`, { headers: wrong });
    assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    assert.match(headers.get("traceparent") ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(headers.get("cache-control"), "private, no-store");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy") ?? "", /^default-src 'none'/);
  }
});

test("a request's log line holds ids and numbers, and no log line a secret", async () => {
  const edge = await makeTestEdge();
  const started = await call(edge, "POST /v1/uploads?CANARY-QUERY=1", { json: upload });
  assert.equal(started.status, 400);
  const fine = await call(edge, "POST /v1/uploads", {
    json: upload,
    claims: { sub: "CANARY-SUBJECT" },
    headers: { "CF-Connecting-IP": "203.0.113.77" },
  });
  const { imageId } = await readAs(startedUpload, fine, 201);
  const line = edge.logs.at(-1);
  assert.ok(Number(line?.["ms"]) >= 0 && Number(line?.["ms"]) < 60_000);
  assert.deepEqual({ ...line, ms: 0, requestId: "", traceId: "" }, {
    event: "request",
    requestId: "",
    traceId: "",
    method: "POST",
    route: "/v1/uploads",
    status: 201,
    ms: 0,
    tenant: "acme",
    owner: await ownerOf("CANARY-SUBJECT"),
    imageId,
    code: undefined,
    reason: undefined,
  });
  await call(edge, "GET /v1/images/CANARY-PATH");
  const text = JSON.stringify(edge.logs);
  for (const secret of ["CANARY", "203.0.113.77", "SECRET-SESSION", "Bearer", "eyJ"]) {
    assert.equal(text.includes(secret), false, secret);
  }
  assert.ok(text.includes('"route":"/v1/images/:id"'));
});

test("what breaks inside is a 500 that says nothing of it, and is logged without its message", async () => {
  const edge = await makeTestEdge();
  edge.services.raw.list = () =>
    Promise.reject(new TypeError("https://storage/?X-Goog-Signature=CANARY"));
  const answer = await call(edge, "GET /v1/images");
  const problem = await readProblem(answer, 500);
  assert.equal(problem.code, "internal");
  assert.equal(JSON.stringify([problem, edge.logs]).includes("CANARY"), false);
  const failure = edge.logs.find(({ event }) => event === "failure");
  assert.equal(failure?.["cause"], "TypeError");
  assert.match(String(failure?.["at"]), /^at .*list.*app_test\.ts.* < at /);
});

test("bindings that are wrong are a 503, logged by their names alone", async () => {
  const lines: unknown[] = [];
  const write = (...line: unknown[]) => void lines.push(line);
  const app = makeApp({
    servicesOf: async (bindings) => (readEnv(bindings), await Promise.reject()),
    log: { info: write, warn: write, error: write },
  });
  const bindings = { RAW_BUCKET: "tintype-raw", CURSOR_KEY: "CANARY" };
  const answer = await app.request("/healthz", {}, bindings);
  const problem = await readProblem(answer, 503);
  assert.deepEqual([problem.detail, problem.errors], ["Service Unavailable", undefined]);
  assert.match(JSON.stringify(lines), /SIGNING_KEY/);
  assert.doesNotMatch(JSON.stringify(lines), /CANARY/);
});

test("the pages are there: docs, and one for every problem and every reason of a rejection", async () => {
  const edge = await makeTestEdge();
  const served = await call(edge, "GET /openapi.json");
  assert.equal(served.headers.get("content-type"), "application/json");
  assert.equal(await served.text(), "file /openapi.json");
  const viewer = await call(edge, "GET /docs");
  assert.equal(await viewer.text(), "file /docs");
  assert.doesNotMatch(viewer.headers.get("content-security-policy") ?? "", /unsafe|https?:/);
  const tables = [PROBLEM_TYPES, REJECT_REASONS, FAIL_REASONS];
  for (const code of tables.flatMap((table) => Object.keys(table))) {
    const page = await call(edge, `GET /problems/${code}`);
    assert.match(await page.text(), new RegExp(`<code>(\\d{3}|rejected|failed) ${code}</code>`));
  }
});

test("each request is one data point: tenant, method, route, status and problem, and its time", async () => {
  const points: Parameters<AnalyticsBinding["writeDataPoint"]>[0][] = [];
  const requests = analyticsCounter({ writeDataPoint: (point) => void points.push(point) });
  const edge = await makeTestEdge({ services: { requests } });
  await call(edge, "POST /v1/uploads", { json: upload });
  await call(edge, `GET /v1/images/${idAt(edge.clock.ms)}`);
  await call(edge, "GET /v1/images", { claims: null });
  assert.deepEqual(points.map(({ indexes, blobs }) => [indexes[0], blobs.join(" ")]), [
    ["acme", "acme POST /v1/uploads 201 "],
    ["acme", "acme GET /v1/images/:id 404 not_found"],
    ["", " GET /v1/images 401 unauthenticated"],
  ]);
  assert.ok(points.every(({ doubles: [ms = -1] }) => ms >= 0));
});

/** Starts an upload where a collector listens: the spans that it is sent, and the answer. */
async function askTraced(headers: Record<string, string>) {
  const sent: RequestSpan[] = [];
  const spans = { send: async (span: RequestSpan) => void sent.push(span) };
  const edge = await makeTestEdge({ services: { spans } });
  return { sent, answer: await call(edge, "POST /v1/uploads", { json: upload, headers }) };
}

test("a request's span is the one that its traceparent names, in the caller's trace", async () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const { sent: [span], answer } = await askTraced({ traceparent });
  assert.ok(span);
  assert.equal(answer.headers.get("traceparent"), `00-${span.traceId}-${span.spanId}-01`);
  assert.deepEqual([span.traceId, span.parentSpanId], ["a".repeat(32), "b".repeat(16)]);
  assert.deepEqual([span.name, span.status], ["POST /v1/uploads", 201]);
  assert.equal(span.attributes["tintype.image_id"], (await answer.json()).imageId);
});

test("a trace that nobody samples sends no span, a new one does", async () => {
  const unsampled = await askTraced({ traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00` });
  assert.deepEqual(unsampled.sent, []);
  const { sent: [span] } = await askTraced({});
  assert.ok(span !== undefined && span.parentSpanId === undefined);
});
