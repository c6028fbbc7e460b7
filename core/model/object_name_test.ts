import assert from "node:assert/strict";
import { test } from "node:test";
import { parseImageId } from "./image_id.ts";
import {
  dayPrefix,
  erasingName,
  type ImageRef,
  manifestName,
  ownerPrefix,
  processedPrefix,
  rawName,
  readProcessedName,
  readRawName,
  receiptName,
  renditionName,
  SHARDS,
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
const RAW = `a/2022-02-22/acme-2/${OWNER}/${ID}`;

test("names are those of DESIGN", () => {
  assert.equal(rawName(REF), RAW);
  assert.equal(processedPrefix(REF), `${RAW}/`);
  assert.equal(manifestName(REF), `${RAW}/manifest.json`);
  assert.equal(renditionName(REF, "large", "jpg"), `${RAW}/large.jpg`);
  assert.equal(receiptName(REF), `erased/${RAW}`);
  assert.equal(erasingName(REF), `erasing/${RAW}`);
  assert.equal(dayPrefix("a", "2022-02-22"), "a/2022-02-22/");
  assert.equal(ownerPrefix("2022-02-22", REF.tenant, REF.owner), `a/2022-02-22/acme-2/${OWNER}/`);
});

test("a name begins with its shard, one of 32: the first character of its owner", () => {
  const names = SHARDS.map((shard) => rawName({ ...REF, owner: parseOwner(shard.repeat(20)) }));
  assert.equal(new Set(SHARDS).size, 32);
  for (const [at, name] of names.entries()) assert.ok(name.startsWith(`${SHARDS[at]}/2022-02-22/`));
});

test("readRawName() and readProcessedName() read what is written", () => {
  assert.deepEqual(readRawName(rawName(REF)), REF);
  assert.deepEqual(readProcessedName(manifestName(REF)), { kind: "manifest", ref: REF });
  assert.deepEqual(readProcessedName(receiptName(REF)), { kind: "receipt", ref: REF });
  assert.deepEqual(readProcessedName(erasingName(REF)), { kind: "erasing", ref: REF });
  for (const file of ["thumb", "thumb.mi8k2x1a"]) {
    const named = readProcessedName(renditionName(REF, file, "webp"));
    assert.deepEqual(named, { kind: "rendition", ref: REF, file: `${file}.webp` });
  }
});

test("names of one bucket are not names of the other", () => {
  for (const name of [manifestName(REF), receiptName(REF), erasingName(REF)]) {
    assert.equal(readRawName(name), null);
  }
  assert.equal(readProcessedName(rawName(REF)), null);
});

const FOREIGN: readonly (readonly [string, string])[] = [
  ["an empty name", ""],
  ["a slash", "/"],
  ["traversal in the tenant's place", RAW.replace("acme-2", "..")],
  ["traversal in front", `../${RAW}`],
  ["a leading slash", `/${RAW}`],
  ["a double slash", RAW.replace("/acme-2/", "//acme-2/")],
  ["another shard than its owner's", RAW.replace(/^a/, "b")],
  ["no shard", RAW.slice(2)],
  ["a shard twice", `a/${RAW}`],
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
    assert.equal(readRawName(name), null);
    for (const folder of ["erased", "erasing"]) {
      assert.equal(readProcessedName(`${folder}/${name}`), null);
    }
    for (const file of ["manifest.json", "large.jpg"]) {
      assert.equal(readProcessedName(`${name}/${file}`), null);
    }
  });
}

for (const name of [`${RAW}/`, `${RAW}/x`, `erased/erased/${RAW}`, `erasing/erased/${RAW}`, ""]) {
  test(`${JSON.stringify(name)} is not ours in any bucket`, () => {
    assert.equal(readRawName(name), null);
    for (const folder of ["", "erased/", "erasing/"]) {
      assert.equal(readProcessedName(`${folder}${name}`), null);
    }
  });
}

const FOREIGN_FILES = [
  ...["", ".", "..", "large", ".jpg", "Large.jpg", "large.jpg/", "a/b.jpg"],
  ...["large.jpeg2000", "large.jpg\n", "l\u00e4rge.jpg"],
];

for (const file of FOREIGN_FILES) {
  test(`a processed file ${JSON.stringify(file)} is not ours`, () => {
    assert.equal(readProcessedName(`${RAW}/${file}`), null);
  });
}

test("renditionName() refuses names that it could not read back", () => {
  for (const rendition of ["", "../x", "Large", "a".repeat(33), "a b", "a.b.c", "a.B"]) {
    assert.throws(() => renditionName(REF, rendition, "jpg"), RangeError);
  }
  assert.throws(() => renditionName(REF, "large", "j/g"), RangeError);
});
