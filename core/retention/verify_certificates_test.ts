import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { portableHashing as hashing } from "../testing/portable_hashing.ts";
import { rewriteCertificate as rewrite, sampleDraft, sign } from "../testing/sample_certificate.ts";
import { certificateName, issueCertificate } from "./certificate.ts";
import { removeLive } from "./erase_image.ts";
import { verifyCertificates } from "./verify_certificates.ts";

async function chainOf(length: number) {
  const certificates = new MemoryObjectStore();
  const ports = { certificates, hashing, sign };
  for (let n = 1; n <= length; n++) await issueCertificate(ports, sampleDraft());
  return ports;
}

const remove = async ({ certificates }: Awaited<ReturnType<typeof chainOf>>, n: number) =>
  assert.ok(await removeLive(certificates, certificateName(n)));

type Ports = Awaited<ReturnType<typeof chainOf>>;
const FAR = 10 ** 12;

/** What is done to a chain, and what is found; `known` is what BigQuery knows. */
const CHAINS: readonly (readonly [
  what: string,
  length: number,
  spoil: (ports: Ports) => Promise<unknown>,
  faults: readonly object[],
  known?: number,
])[] = [
  ["nothing wrong", 12, async () => {}, []],
  ["nothing wrong with none", 0, async () => {}, []],
  [
    "one altered digit, at the next link",
    5,
    ({ certificates }) =>
      rewrite(certificates, 3, (text) => text.replace(": 604800000", ": 604800001")),
    [
      { n: 4, fault: "broken_link" },
    ],
  ],
  ["one that is not readable", 3, ({ certificates }) => rewrite(certificates, 3, () => "{}"), [{
    n: 3,
    fault: "unreadable",
  }]],
  ["a removed one", 5, (ports) => remove(ports, 2), [{ n: 2, fault: "missing" }]],
  ["no removed end by itself", 4, (ports) => remove(ports, 4), []],
  ["a removed end by what BigQuery knows", 4, (ports) => remove(ports, 4), [
    { n: 4, fault: "missing" },
  ], 4],
  ["a row of missing ones as one fault, however long", 5, async (ports) => {
    for (const n of [2, 3]) await remove(ports, n);
    const bytes = await ports.certificates.read(certificateName(5));
    await ports.certificates.put(certificateName(FAR), bytes ?? assert.fail());
  }, [
    { n: 2, through: 3, fault: "missing" },
    { n: 6, through: FAR - 1, fault: "missing" },
    { n: FAR, fault: "unreadable" },
    { n: FAR + 1, through: FAR + 2, fault: "missing" },
  ], FAR + 2],
];

for (const [what, length, spoil, faults, knownNewest] of CHAINS) {
  test(`verifyCertificates() finds ${what} in a chain of ${length}`, async () => {
    const ports = await chainOf(length);
    await spoil(ports);
    const known = knownNewest === undefined ? {} : { knownNewest };
    assert.deepEqual((await verifyCertificates(ports, known)).faults, faults);
  });
}

test("verifyCertificates() counts names that are not ours, and hands over the others in order, with their time", async () => {
  const ports = await chainOf(35);
  for (const n of [0, 1.5]) await ports.certificates.put(certificateName(n));
  const seen: [number, boolean][] = [];
  const found = await verifyCertificates(ports, {
    onCertificate: ({ n }, createdMs) => void seen.push([n, createdMs > 0]),
  });
  assert.deepEqual(found, { found: 35, newest: 35, faults: [], foreign: 2 });
  assert.deepEqual(seen, Array.from({ length: 35 }, (_, at) => [at + 1, true]));
});
