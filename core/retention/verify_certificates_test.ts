import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { portableHashing as hashing } from "../testing/portable_hashing.ts";
import { sampleDraft } from "../testing/sample_certificate.ts";
import { certificateName, issueCertificate } from "./certificate.ts";
import { verifyCertificates } from "./verify_certificates.ts";

async function chainOf(length: number) {
  const certificates = new MemoryObjectStore();
  const ports = { certificates, hashing };
  for (let n = 1; n <= length; n++) await issueCertificate(ports, sampleDraft());
  return ports;
}

async function remove(certificates: MemoryObjectStore, n: number) {
  const facts = await certificates.stat(certificateName(n));
  assert.ok(facts !== null);
  await certificates.remove(facts.name, { generation: facts.generation });
}

async function rewrite(certificates: MemoryObjectStore, n: number, edit: (text: string) => string) {
  const bytes = await certificates.read(certificateName(n));
  await remove(certificates, n);
  const edited = new TextEncoder().encode(edit(new TextDecoder().decode(bytes ?? undefined)));
  const options = { contentType: "application/json", customTimeMs: 0 };
  await certificates.create(certificateName(n), edited, options);
}

test("verifyCertificates() finds nothing wrong with a chain of more than nine, nor with an empty one", async () => {
  assert.deepEqual(await verifyCertificates(await chainOf(12)), {
    found: 12,
    newest: 12,
    faults: [],
    foreign: 0,
  });
  assert.deepEqual(await verifyCertificates(await chainOf(0)), {
    found: 0,
    newest: 0,
    faults: [],
    foreign: 0,
  });
});

test("verifyCertificates() sees one altered digit, at the next link", async () => {
  const ports = await chainOf(5);
  await rewrite(ports.certificates, 3, (text) => text.replace('"live": 0', '"live": 7'));
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
  for (const n of [2, 3]) await remove(ports.certificates, n);
  const far = 10 ** 12;
  const bytes = await ports.certificates.read(certificateName(5));
  const options = { contentType: "application/json", customTimeMs: 0 };
  await ports.certificates.create(certificateName(far), bytes ?? new Uint8Array(), options);
  assert.deepEqual((await verifyCertificates(ports, { knownNewest: far + 2 })).faults, [
    { n: 2, through: 3, fault: "missing" },
    { n: 6, through: far - 1, fault: "missing" },
    { n: far, fault: "unreadable" },
    { n: far + 1, through: far + 2, fault: "missing" },
  ]);
});

test("verifyCertificates() sees a removed one in the middle", async () => {
  const ports = await chainOf(5);
  await remove(ports.certificates, 2);
  assert.deepEqual((await verifyCertificates(ports)).faults, [{ n: 2, fault: "missing" }]);
});

test("verifyCertificates() sees that a removed one was issued anew", async () => {
  const ports = await chainOf(3);
  await remove(ports.certificates, 2);
  const draft = sampleDraft({ sweptAt: "2026-03-15T12:00:00.000Z" });
  assert.equal((await issueCertificate(ports, draft)).n, 2);
  assert.deepEqual((await verifyCertificates(ports)).faults, [{ n: 3, fault: "broken_link" }]);
});

test("verifyCertificates() sees a removed end only by what the warehouse knows", async () => {
  const ports = await chainOf(4);
  await remove(ports.certificates, 4);
  assert.deepEqual((await verifyCertificates(ports)).faults, []);
  assert.deepEqual((await verifyCertificates(ports, { knownNewest: 4 })).faults, [
    { n: 4, fault: "missing" },
  ]);
});

test("verifyCertificates() counts names that are not ours", async () => {
  const ports = await chainOf(2);
  const options = { contentType: "text/plain", customTimeMs: 0 };
  for (const name of [certificateName(0), certificateName(1.5)]) {
    await ports.certificates.create(name, new Uint8Array(), options);
  }
  assert.deepEqual(await verifyCertificates(ports), {
    found: 2,
    newest: 2,
    faults: [],
    foreign: 2,
  });
});

test("verifyCertificates() sees a fork that was put in the place of two links", async () => {
  const ports = await chainOf(40);
  const fork = await chainOf(19);
  for (const n of [20, 21]) {
    await remove(ports.certificates, n);
    const draft = sampleDraft({ sweptAt: "2026-03-15T12:00:00.000Z" });
    await issueCertificate(fork, draft);
    const bytes = await fork.certificates.read(certificateName(n));
    const options = { contentType: "application/json", customTimeMs: 0 };
    await ports.certificates.create(certificateName(n), bytes ?? new Uint8Array(), options);
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
