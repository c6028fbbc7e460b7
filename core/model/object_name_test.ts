import assert from "node:assert/strict";
import { test } from "node:test";
import { parseImageId } from "./image_id.ts";
import {
  dayOf,
  type ImageRef,
  manifestName,
  markerName,
  ownerMarkerPrefix,
  ownerPrefix,
  processedPrefix,
  rawName,
  readProcessedBucketName,
  readRawBucketName,
  receiptName,
  renditionName,
} from "./object_name.ts";
import { parseOwner } from "./owner.ts";
import { parseTenant } from "./tenant.ts";

const ID = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"; // 22 February 2022, 19:22:22 UTC
const OWNER = "abcdefghijklmnopqrst";
const REF: ImageRef = {
  tenant: parseTenant("acme-2"),
  owner: parseOwner(OWNER),
  imageId: parseImageId(ID),
};
const RAW = `2022-02-22/acme-2/${OWNER}/${ID}`;

test("names are those of DESIGN", () => {
  assert.equal(rawName(REF), RAW);
  assert.equal(processedPrefix(REF), `${RAW}/`);
  assert.equal(manifestName(REF), `${RAW}/manifest.json`);
  assert.equal(renditionName(REF, "large", "jpg"), `${RAW}/large.jpg`);
  assert.equal(markerName(REF), `erase/${RAW}`);
  assert.equal(receiptName(REF), `erased/${RAW}`);
  assert.equal(ownerPrefix("2022-02-22", REF.tenant, REF.owner), `2022-02-22/acme-2/${OWNER}/`);
  assert.equal(
    ownerMarkerPrefix("2022-02-22", REF.tenant, REF.owner),
    `erase/2022-02-22/acme-2/${OWNER}/`,
  );
});

test("readRawBucketName() reads what rawName() and markerName() write", () => {
  assert.deepEqual(readRawBucketName(rawName(REF)), { kind: "raw", ref: REF });
  assert.deepEqual(readRawBucketName(markerName(REF)), { kind: "marker", ref: REF });
});

test("readProcessedBucketName() reads what the processor writes", () => {
  assert.deepEqual(readProcessedBucketName(manifestName(REF)), { kind: "manifest", ref: REF });
  assert.deepEqual(readProcessedBucketName(receiptName(REF)), { kind: "receipt", ref: REF });
  for (const file of ["thumb", "thumb.mi8k2x1a"]) {
    const named = readProcessedBucketName(renditionName(REF, file, "webp"));
    assert.deepEqual(named, { kind: "rendition", ref: REF, file: `${file}.webp` });
  }
});

test("names of one bucket are not names of the other", () => {
  assert.equal(readRawBucketName(manifestName(REF)), null);
  assert.equal(readRawBucketName(receiptName(REF)), null);
  assert.equal(readProcessedBucketName(rawName(REF)), null);
  assert.equal(readProcessedBucketName(markerName(REF)), null);
});

const FOREIGN: readonly (readonly [string, string])[] = [
  ["an empty name", ""],
  ["a slash", "/"],
  ["traversal in the tenant's place", RAW.replace("acme-2", "..")],
  ["traversal in front", `../${RAW}`],
  ["a leading slash", `/${RAW}`],
  ["a double slash", RAW.replace("/acme-2/", "//acme-2/")],
  ["an empty tenant", RAW.replace("acme-2", "")],
  ["an upper-case tenant", RAW.replace("acme-2", "Acme-2")],
  ["a tenant of 64 characters", RAW.replace("acme-2", "a".repeat(64))],
  ["a tenant outside of ASCII", RAW.replace("acme-2", "\u0430cme-2")],
  ["an upper-case owner", RAW.replace(OWNER, OWNER.toUpperCase())],
  ["a short owner", RAW.replace(OWNER, OWNER.slice(1))],
  ["a digit that base32 lacks", RAW.replace("abcdef", "abcde1")],
  ["an upper-case id", RAW.replace(ID, ID.toUpperCase())],
  ["an id of version 4", RAW.replace("-7cc3-", "-4cc3-")],
  ["the day before its T0's", RAW.replace("2022-02-22", "2022-02-21")],
  ["another spelling of its day", RAW.replace("2022-02-22", "2022-2-22")],
  ["a line break behind it", `${RAW}\n`],
  ["an encoded slash", RAW.replaceAll("/", "%2F")],
];

for (const [what, name] of FOREIGN) {
  test(`a name with ${what} is not ours in any bucket`, () => {
    assert.equal(readRawBucketName(name), null);
    assert.equal(readRawBucketName(`erase/${name}`), null);
    assert.equal(readProcessedBucketName(`erased/${name}`), null);
    assert.equal(readProcessedBucketName(`${name}/manifest.json`), null);
    assert.equal(readProcessedBucketName(`${name}/large.jpg`), null);
  });
}

for (
  const name of [`${RAW}/`, `${RAW}/x`, `erase/erase/${RAW}`, `erase/${RAW}/`, "erase/", "erase"]
) {
  test(`${JSON.stringify(name)} is not ours in the raw bucket`, () => {
    assert.equal(readRawBucketName(name), null);
  });
}

const FOREIGN_FILES = [
  ...["", ".", "..", "large", ".jpg", "Large.jpg", "large.jpg/", "a/b.jpg"],
  ...["large.jpeg2000", "large.jpg\n", "l\u00e4rge.jpg"],
];

for (const file of FOREIGN_FILES) {
  test(`a processed file ${JSON.stringify(file)} is not ours`, () => {
    assert.equal(readProcessedBucketName(`${RAW}/${file}`), null);
  });
}

test("renditionName() refuses names that it could not read back", () => {
  for (const rendition of ["", "../x", "Large", "a".repeat(33), "a b", "a.b.c", "a.B"]) {
    assert.throws(() => renditionName(REF, rendition, "jpg"), RangeError);
  }
  assert.throws(() => renditionName(REF, "large", "j/g"), RangeError);
});

test("dayOf() changes at midnight in UTC", () => {
  assert.equal(dayOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999)), "2026-12-31");
  assert.equal(dayOf(Date.UTC(2027, 0, 1)), "2027-01-01");
});
