import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlreadyThere, storageErrorOf } from "./storage_error.ts";

const DENIED = "edge@p.iam does not have storage.objects.delete access to the object.";
const OTHER = "edge@p.iam does not have storage.objects.create access to the bucket.";

const xml = (code: string, details: string) =>
  `<?xml version='1.0'?><Error><Code>${code}</Code><Message>m</Message><Details>${details}</Details></Error>`;
const json = (reason: string, message: string) =>
  JSON.stringify({ error: { code: 0, message, errors: [{ reason, message }] } });

interface Case {
  readonly status: number;
  readonly body: string;
  readonly code?: string;
  readonly reason?: string;
  readonly isAlreadyThere: boolean;
}

const CASES: readonly Case[] = [
  { status: 412, body: "", isAlreadyThere: true },
  {
    status: 412,
    body: json("conditionNotMet", "x"),
    reason: "conditionNotMet",
    isAlreadyThere: true,
  },
  {
    status: 412,
    body: xml("PreconditionFailed", "x"),
    code: "PreconditionFailed",
    isAlreadyThere: true,
  },
  { status: 403, body: xml("AccessDenied", DENIED), code: "AccessDenied", isAlreadyThere: true },
  { status: 403, body: json("forbidden", DENIED), reason: "forbidden", isAlreadyThere: true },
  { status: 403, body: JSON.stringify({ error: { message: DENIED } }), isAlreadyThere: true },
  { status: 403, body: DENIED, isAlreadyThere: true },
  { status: 403, body: xml("AccessDenied", OTHER), code: "AccessDenied", isAlreadyThere: false },
  { status: 403, body: json("forbidden", OTHER), reason: "forbidden", isAlreadyThere: false },
  { status: 404, body: json("notFound", DENIED), reason: "notFound", isAlreadyThere: false },
  { status: 503, body: "<html>", isAlreadyThere: false },
  { status: 500, body: "[1]", isAlreadyThere: false },
];

for (const { status, body, code, reason, ...expected } of CASES) {
  test(`isAlreadyThere() is ${expected.isAlreadyThere} for ${status} ${body}`, () => {
    const error = storageErrorOf(new Response(null, { status }), body);
    assert.deepEqual([error.status, error.code, error.reason], [status, code, reason]);
    assert.equal(isAlreadyThere(error), expected.isAlreadyThere);
  });
}

test("isAlreadyThere() is false for any other error", () => {
  assert.ok(!isAlreadyThere(Object.assign(new Error(DENIED), { status: 412 })));
});

test("storageErrorOf() keeps what the server asks to wait", () => {
  const headers = { "Retry-After": "2" };
  assert.equal(
    storageErrorOf(new Response(null, { status: 429, headers }), "").retryAfterMs,
    2_000,
  );
});
