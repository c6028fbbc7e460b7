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

/** Every name that differs from one by a character more, less or other; each of a class that names have or lack. */
function* editsOf(name: string): Generator<string> {
  for (let at = 0; at <= name.length; at++) {
    for (const char of ["", ..."/.-aB17\n%\u0430"]) {
      yield name.slice(0, at) + char + name.slice(at);
      if (at < name.length) yield name.slice(0, at) + char + name.slice(at + 1);
    }
  }
}

const WRITTEN = {
  manifest: manifestName,
  receipt: receiptName,
  erasing: erasingName,
} as const;

test("a name by one character off is foreign, or that of another image, which is written just so", () => {
  for (const name of editsOf(RAW)) {
    const ref = readRawName(name);
    if (ref !== null) assert.equal(rawName(ref), name);
  }
  const names = [manifestName(REF), receiptName(REF), erasingName(REF), `${RAW}/a.b.webp`];
  for (const name of names.flatMap((each) => [...editsOf(each)])) {
    const found = readProcessedName(name);
    if (found === null) continue;
    const { kind, ref } = found;
    assert.equal(kind === "rendition" ? `${rawName(ref)}/${found.file}` : WRITTEN[kind](ref), name);
    if (kind === "rendition") assert.match(found.file, /^[a-z0-9-]+(\.[a-z0-9]+)+$/);
  }
});

const FOREIGN: readonly (readonly [string, string])[] = [
  ["an empty name", ""],
  ["traversal in the tenant's place", RAW.replace("acme-2", "..")],
  ["traversal in front", `../${RAW}`],
  ["no shard", RAW.slice(2)],
  ["an empty tenant", RAW.replace("acme-2", "")],
  ["a tenant of 64 characters", RAW.replace("acme-2", "a".repeat(64))],
  ["an upper-case owner", RAW.replace(OWNER, OWNER.toUpperCase())],
  ["an upper-case id", RAW.replace(ID, ID.toUpperCase())],
  ["a folder", `erased/${RAW}`],
  ["a file", `${RAW}/x`],
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

test("renditionName() refuses names that it could not read back", () => {
  for (const rendition of ["", "../x", "Large", "a".repeat(33), "a b", "a.b.c", "a.B"]) {
    assert.throws(() => renditionName(REF, rendition, "jpg"), RangeError);
  }
  assert.throws(() => renditionName(REF, "large", "j/g"), RangeError);
});
