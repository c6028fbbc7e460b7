import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import { importPseudonymKey, isOwner, parseOwner, pseudonymize } from "./owner.ts";
import { parseTenant } from "./tenant.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const acme = parseTenant("acme");

test("pseudonymize() is the base32 of an HMAC that another program computes alike", async () => {
  const key = await importPseudonymKey(SECRET);
  assert.equal(await pseudonymize(key, acme, "user-1"), "wcmyljtfdssgxpwbtvhk");
  assert.equal(await pseudonymize(key, acme, "user|\u00fc"), "7cjo5d3uguyzflmu5tyu");
});

test("pseudonymize() tells tenants, subjects and keys apart", async () => {
  const key = await importPseudonymKey(SECRET);
  const other = await importPseudonymKey(SECRET.toUpperCase());
  const owners = await Promise.all([
    pseudonymize(key, acme, "user-1"),
    pseudonymize(key, acme, "user-2"),
    pseudonymize(key, acme, "USER-1"),
    pseudonymize(key, parseTenant("acme2"), "user-1"),
    pseudonymize(other, acme, "user-1"),
  ]);
  assert.equal(new Set(owners).size, 5);
  assert.ok(owners.every(isOwner));
});

test("importPseudonymKey() refuses a secret of fewer than 32 characters", async () => {
  await assert.rejects(importPseudonymKey(SECRET.slice(1)), (error) => {
    return isAppError(error, "invalid_config") && !error.message.includes(SECRET.slice(1));
  });
});

test("parseOwner() takes 20 characters of base32 in lower case and nothing else", () => {
  assert.equal(parseOwner("abcdefghijklmnopq234"), "abcdefghijklmnopq234");
  for (const value of ["", "abcdefghijklmnopqrs", "ABCDEFGHIJKLMNOPQRST", "abcdefghijklmnopqrs1"]) {
    assert.throws(() => parseOwner(value), { code: "invalid_request" });
  }
});
