import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import { type DaySalt, parseDaySalts, saltAt, serializeDaySalts } from "./day_salts.ts";

const SALT = "ab".repeat(32);
const day = (date: string, values: object = {}): DaySalt => (
  { day: date, salt: SALT, pseudonymKey: 1, ...values }
);
const DAYS = [day("2026-03-14"), day("2026-03-15", { salt: "cd".repeat(32), pseudonymKey: 2 })];

test("parseDaySalts() reads what serializeDaySalts() writes, the days ascending", () => {
  assert.deepEqual(parseDaySalts(serializeDaySalts(DAYS.toReversed())), DAYS);
  assert.deepEqual(parseDaySalts(serializeDaySalts([])), []);
});

for (
  const [what, document] of [
    ["no object", [day("2026-03-14")]],
    ["no days", {}],
    ["an unknown field", { days: [], more: 1 }],
    ["an unknown field of a day", { days: [day("2026-03-14", { more: 1 })] }],
    ["a day that does not exist", { days: [day("2026-02-29")] }],
    ["another spelling of a day", { days: [day("2026-3-14")] }],
    ["a short salt", { days: [day("2026-03-14", { salt: SALT.slice(2) })] }],
    ["an upper-case salt", { days: [day("2026-03-14", { salt: SALT.toUpperCase() })] }],
    ["key 0", { days: [day("2026-03-14", { pseudonymKey: 0 })] }],
    ["a day twice", { days: [day("2026-03-14"), day("2026-03-14", { salt: "cd".repeat(32) })] }],
    ["a text that is not JSON", undefined],
  ] as const
) {
  test(`parseDaySalts() refuses ${what} and quotes no salt`, () => {
    const text = document === undefined ? `{"days": "${SALT}` : JSON.stringify(document);
    assert.throws(() => parseDaySalts(new TextEncoder().encode(text)), (error) => {
      const said = `${error}${JSON.stringify(error)}${error instanceof Error && error.cause}`;
      return isAppError(error, "invalid_config") && !said.toLowerCase().includes("abab");
    });
  });
}

test("saltAt() is the salt of the UTC day, and unavailable for a day without one", () => {
  assert.equal(saltAt(DAYS, Date.UTC(2026, 2, 14, 23, 59, 59, 999)), DAYS[0]);
  assert.equal(saltAt(DAYS, Date.UTC(2026, 2, 15)), DAYS[1]);
  for (const timeMs of [Date.UTC(2026, 2, 14) - 1, Date.UTC(2026, 2, 16)]) {
    assert.throws(() => saltAt(DAYS, timeMs), { code: "unavailable" });
  }
});
