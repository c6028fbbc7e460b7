import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import type { DaySalt } from "./day_salts.ts";
import {
  contentKeyOf,
  deriveOwner,
  isOwner,
  isSubject,
  parseOwner,
  parsePseudonymKeys,
} from "./owner.ts";
import { parseTenant } from "./tenant.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const KEYS = await parsePseudonymKeys(JSON.stringify({ 1: SECRET, 20: SECRET.toUpperCase() }));
const DAY: DaySalt = { day: "2026-03-14", salt: "ab".repeat(32), pseudonymKey: 1 };
const caller = { tenant: parseTenant("acme"), subject: "user-1" };

/** The first 100 bits of a digest in RFC 4648's base32. */
function base32Of(digest: Uint8Array): string {
  const bits = Array.from(digest, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const fives = bits.match(/.{5}/g) ?? [];
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return fives.slice(0, 20).map((five) => alphabet.charAt(parseInt(five, 2))).join("");
}

for (
  const [subject, owner] of [
    ["user-1", "3wuk6xwhfsvwiswt3jyj"],
    ["user|\u00fc", "kkyexpwaft3rwkagm4er"],
  ] as const
) {
  test(`deriveOwner() of ${subject} is the base32 of an HMAC that other programs compute alike`, async () => {
    const hmac = createHmac("sha256", SECRET).update(`${DAY.salt}acme\n${subject}`);
    assert.equal(base32Of(hmac.digest()), owner);
    assert.equal(await deriveOwner(KEYS, DAY, { ...caller, subject }), owner);
  });
}

test("deriveOwner() has another owner for each day, key, tenant and subject", async () => {
  const others: readonly (readonly [Partial<DaySalt>, Partial<typeof caller>])[] = [
    ...[[{}, {}], [{ salt: "ac".repeat(32) }, {}], [{ pseudonymKey: 20 }, {}]] as const,
    ...[[{}, { tenant: parseTenant("acme2") }], [{}, { subject: "user-2" }]] as const,
    [{}, { subject: "USER-1" }],
  ];
  const owners = await Promise.all(
    others.map(([day, who]) => deriveOwner(KEYS, { ...DAY, ...day }, { ...caller, ...who })),
  );
  assert.equal(new Set(owners).size, 6);
  assert.ok(owners.every(isOwner));
});

test("deriveOwner() refuses what is not Unicode text, and is unavailable where the day's key is missing", async () => {
  for (const subject of ["\ud800", "user-\udc00-1", "\udc00\ud800"]) {
    const refused = deriveOwner(KEYS, DAY, { ...caller, subject });
    await assert.rejects(refused, { code: "invalid_request" }, JSON.stringify(subject));
  }
  const deriving = deriveOwner(KEYS, { ...DAY, pseudonymKey: 2 }, caller);
  await assert.rejects(deriving, { code: "unavailable", message: /pseudonym key 2/ });
});

test("contentKeyOf() is an HMAC under the day's salt, another one each day", async () => {
  const sha256 = "cd".repeat(32);
  const key = await contentKeyOf(DAY, sha256);
  assert.equal(key, createHmac("sha256", DAY.salt).update(sha256).digest("hex"));
  assert.equal(key, "6bf4e1f20871ba74ced35ae59e9715b43abc2400e367a4936420f88c0c9c47f6");
  assert.notEqual(await contentKeyOf({ ...DAY, salt: "ac".repeat(32) }, sha256), key);
});

for (
  const [what, text] of [
    ["what is not JSON", `"${SECRET}`],
    ["no object", JSON.stringify([SECRET])],
    ["null", "null"],
    ["no key at all", "{}"],
    ["a secret of fewer than 32 characters", JSON.stringify({ 1: SECRET.slice(1) })],
    ["a secret that is none", JSON.stringify({ 1: 10 ** 40 })],
    ...["0", "01", "1.5", "-1", "a", "1000000"].map((number) =>
      [`number ${number}`, JSON.stringify({ [number]: SECRET })] as const
    ),
  ] as const
) {
  test(`parsePseudonymKeys() refuses ${what} and quotes no secret`, async () => {
    await assert.rejects(parsePseudonymKeys(text), (error) => {
      const said = `${error}${JSON.stringify(error)}${error instanceof Error && error.cause}`;
      return isAppError(error, "invalid_config") && !said.includes(SECRET.slice(1));
    });
  });
}

test("isSubject() takes 1 to 256 characters of Unicode text", () => {
  const texts = ["a", "a".repeat(256), "\u{1f600}", "", "a".repeat(257), "\ud800", 1, undefined];
  assert.deepEqual(texts.map(isSubject), [...Array(3).fill(true), ...Array(5).fill(false)]);
});

test("parseOwner() takes 20 characters of base32 in lower case and nothing else", () => {
  assert.equal(parseOwner("abcdefghijklmnopq234"), "abcdefghijklmnopq234");
  for (const value of ["", "abcdefghijklmnopqrs", "ABCDEFGHIJKLMNOPQRST", "abcdefghijklmnopqrs1"]) {
    assert.throws(() => parseOwner(value), { code: "invalid_request" });
  }
});
