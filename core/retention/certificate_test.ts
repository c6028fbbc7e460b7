import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { portableHashing as hashing } from "../testing/portable_hashing.ts";
import {
  certificateName,
  issueCertificate,
  newestCertificate,
  readCertificate,
} from "./certificate.ts";
import { sampleDraft, sign } from "../testing/sample_certificate.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test("issueCertificate() begins the chain at 1 and gives each the hash of the bytes before", async () => {
  const certificates = new MemoryObjectStore();
  const ports = { certificates, hashing, sign };
  const issued = [];
  for (let n = 1; n <= 5; n++) issued.push(await issueCertificate(ports, sampleDraft()));
  assert.deepEqual(issued.map(({ n }) => n), [1, 2, 3, 4, 5]);
  assert.equal(issued[0]?.previousHash, null);
  for (let n = 2; n <= 5; n++) {
    const before = await certificates.read(certificateName(n - 1));
    assert.ok(before !== null);
    assert.equal(issued[n - 1]?.previousHash, await hashing.sha256(before));
    assert.deepEqual((await readCertificate(ports, n))?.certificate, issued[n - 1]);
  }
  const newer = encode({ version: 2, n: 6 });
  await certificates.put(certificateName(6), newer);
  const { n, previousHash } = await issueCertificate(ports, sampleDraft());
  assert.deepEqual([n, previousHash], [7, await hashing.sha256(newer)], "behind an unreadable one");
  assert.equal(await readCertificate(ports, 8), null);
});

test("newestCertificate() finds the end of chains of every length in few look-ups", async () => {
  let looks = 0;
  const certificates = new MemoryObjectStore({
    before: (operation) => void (operation === "stat" && looks++),
  });
  assert.equal(await newestCertificate(certificates), 0);
  for (let n = 1; n <= 70; n++) {
    await certificates.put(certificateName(n));
    looks = 0;
    assert.equal(await newestCertificate(certificates), n);
    assert.ok(looks <= 2 * Math.log2(n) + 3, `${looks} look-ups for ${n}`);
  }
});

test("issueCertificate() gives up when others keep writing at the end of the chain", async () => {
  const certificates = new MemoryObjectStore({
    before: async (operation, name) => {
      if (operation !== "create" || isOther) return;
      isOther = true;
      tries++;
      const n = Number(name.split("/")[1]);
      const other = { ...sampleDraft(), version: 1, n, previousHash: null };
      await certificates.put(certificateName(n), encode(other));
      isOther = false;
    },
  });
  let [isOther, tries] = [false, 0];
  const issuing = issueCertificate({ certificates, hashing, sign }, sampleDraft());
  await assert.rejects(issuing, { code: "unavailable" });
  assert.equal(tries, 5);
});

const other = { ...sampleDraft(), version: 1, n: 2, previousHash: null };
for (
  const [what, bytes] of [
    ["is not JSON", new TextEncoder().encode("{")],
    ["is of another number", encode(other)],
    ["lacks a field", encode({ version: 1, n: 1, previousHash: null })],
  ] as const
) {
  test(`readCertificate() refuses one that ${what}`, async () => {
    const certificates = new MemoryObjectStore();
    await certificates.put(certificateName(1), bytes);
    await assert.rejects(readCertificate({ certificates, hashing }, 1), { code: "internal" });
  });
}
