import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlreadyThere, storageErrorOf } from "./storage_error.ts";

const DENIED = "edge@p.iam does not have storage.objects.delete access to the object.";
const OTHER = "edge@p.iam does not have storage.objects.create access to the bucket.";

const xml = (code: string, details: string) =>
  `<?xml version='1.0'?><Error><Code>${code}</Code><Message>m</Message><Details>${details}</Details></Error>`;
const json = (reason: string, message: string) =>
  JSON.stringify({ error: { code: 0, message, errors: [{ reason, message }] } });

type Case = readonly [status: number, body: string, found?: { code?: string; reason?: string }];

const TAKEN: readonly Case[] = [
  [412, ""],
  [412, json("conditionNotMet", "x"), { reason: "conditionNotMet" }],
  [412, xml("PreconditionFailed", "x"), { code: "PreconditionFailed" }],
  [403, xml("AccessDenied", DENIED), { code: "AccessDenied" }],
  [403, json("forbidden", DENIED), { reason: "forbidden" }],
  [403, JSON.stringify({ error: { message: DENIED } })],
  [403, DENIED],
];
const OTHERS: readonly Case[] = [
  [403, xml("AccessDenied", OTHER), { code: "AccessDenied" }],
  [403, json("forbidden", OTHER), { reason: "forbidden" }],
  [404, json("notFound", DENIED), { reason: "notFound" }],
  [503, "<html>"],
  [500, "[1]"],
];

for (const [expected, cases] of [[true, TAKEN], [false, OTHERS]] as const) {
  for (const [status, body, { code, reason } = {}] of cases) {
    test(`isAlreadyThere() is ${expected} for ${status} ${body}`, () => {
      const error = storageErrorOf(new Response(null, { status }), body);
      assert.deepEqual([error.status, error.code, error.reason], [status, code, reason]);
      assert.equal(isAlreadyThere(error), expected);
    });
  }
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
