import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { portableHashing as hashing } from "../testing/portable_hashing.ts";
import { rewriteCertificate as rewrite, sampleDraft } from "../testing/sample_certificate.ts";
import { certificateName, issueCertificate } from "./certificate.ts";
import { removeLive } from "./erase_image.ts";
import { verifyCertificates } from "./verify_certificates.ts";

const LATER = sampleDraft({ sweptAt: "2026-03-15T12:00:00.000Z" });

async function chainOf(length: number) {
  const certificates = new MemoryObjectStore();
  const ports = { certificates, hashing };
  for (let n = 1; n <= length; n++) await issueCertificate(ports, sampleDraft());
  return ports;
}

const remove = async ({ certificates }: Awaited<ReturnType<typeof chainOf>>, n: number) =>
  assert.ok(await removeLive(certificates, certificateName(n)));

for (const length of [12, 0]) {
  test(`verifyCertificates() finds nothing wrong with a chain of ${length}`, async () => {
    const expected = { found: length, newest: length, faults: [], foreign: 0 };
    assert.deepEqual(await verifyCertificates(await chainOf(length)), expected);
  });
}

test("verifyCertificates() sees one altered digit, at the next link", async () => {
  const ports = await chainOf(5);
  await rewrite(ports.certificates, 3, (text) => text.replace(": 604800000", ": 604800001"));
  assert.deepEqual((await verifyCertificates(ports)).faults, [{ n: 4, fault: "broken_link" }]);
});

test("verifyCertificates() sees a space that was added, although it says the same", async () => {
  const ports = await chainOf(3);
  await rewrite(ports.certificates, 1, (text) => `${text} `);
  assert.deepEqual((await verifyCertificates(ports)).faults, [{ n: 2, fault: "broken_link" }]);
});

test("verifyCertificates() sees one that is not readable", async () => {
  const ports = await chainOf(3);
  await rewrite(ports.certificates, 3, () => "{}");
  assert.deepEqual((await verifyCertificates(ports)).faults, [{ n: 3, fault: "unreadable" }]);
});

test("verifyCertificates() tells a row of missing ones as one fault, however long it is", async () => {
  const ports = await chainOf(5);
  for (const n of [2, 3]) await remove(ports, n);
  const far = 10 ** 12;
  const bytes = await ports.certificates.read(certificateName(5));
  await ports.certificates.put(certificateName(far), bytes ?? assert.fail());
  assert.deepEqual((await verifyCertificates(ports, { knownNewest: far + 2 })).faults, [
    { n: 2, through: 3, fault: "missing" },
    { n: 6, through: far - 1, fault: "missing" },
    { n: far, fault: "unreadable" },
    { n: far + 1, through: far + 2, fault: "missing" },
  ]);
});

test("verifyCertificates() sees a removed one in the middle", async () => {
  const ports = await chainOf(5);
  await remove(ports, 2);
  assert.deepEqual((await verifyCertificates(ports)).faults, [{ n: 2, fault: "missing" }]);
});

test("verifyCertificates() sees that a removed one was issued anew", async () => {
  const ports = await chainOf(3);
  await remove(ports, 2);
  assert.equal((await issueCertificate(ports, LATER)).n, 2);
  assert.deepEqual((await verifyCertificates(ports)).faults, [{ n: 3, fault: "broken_link" }]);
});

test("verifyCertificates() sees a removed end only by what the warehouse knows", async () => {
  const ports = await chainOf(4);
  await remove(ports, 4);
  assert.deepEqual((await verifyCertificates(ports)).faults, []);
  const { faults } = await verifyCertificates(ports, { knownNewest: 4 });
  assert.deepEqual(faults, [{ n: 4, fault: "missing" }]);
});

test("verifyCertificates() counts names that are not ours", async () => {
  const ports = await chainOf(2);
  for (const n of [0, 1.5]) await ports.certificates.put(certificateName(n));
  const expected = { found: 2, newest: 2, faults: [], foreign: 2 };
  assert.deepEqual(await verifyCertificates(ports), expected);
});

test("verifyCertificates() sees a fork that was put in the place of two links", async () => {
  const ports = await chainOf(40);
  const fork = await chainOf(19);
  for (const n of [20, 21]) {
    await remove(ports, n);
    await issueCertificate(fork, LATER);
    const bytes = await fork.certificates.read(certificateName(n));
    await ports.certificates.put(certificateName(n), bytes ?? assert.fail());
  }
  assert.deepEqual((await verifyCertificates(ports)).faults, [{ n: 22, fault: "broken_link" }]);
});

test("verifyCertificates() hands over every certificate in order, with the store's time", async () => {
  const seen: [number, boolean][] = [];
  await verifyCertificates(await chainOf(35), {
    onCertificate: ({ n }, createdMs) => void seen.push([n, createdMs > 0]),
  });
  assert.deepEqual(seen, Array.from({ length: 35 }, (_, at) => [at + 1, true]));
});
