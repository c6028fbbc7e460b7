import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTenant } from "./tenant.ts";

test("parseTenant() takes names of 1 to 63 characters", () => {
  for (const value of ["a", "0", "acme", "acme-2", `a${"-".repeat(62)}`]) {
    assert.equal(parseTenant(value), value);
  }
});

const REFUSED = [
  ...["", "-acme", "Acme", "a_b", "a/b", "..", "a b", "acme\n", "\u0430cme"],
  "a".repeat(64),
];

for (const value of REFUSED) {
  test(`parseTenant() refuses ${JSON.stringify(value)}`, () => {
    assert.throws(() => parseTenant(value), { code: "invalid_request" });
  });
}
