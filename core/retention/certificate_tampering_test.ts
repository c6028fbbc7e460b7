/** A thousand random changes to a chain of certificates: an auditor who has nothing but the public key sees each of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { portableHashing as hashing } from "../testing/portable_hashing.ts";
import {
  CERTIFICATE_KEY,
  PUBLIC_KEY,
  sampleDraft,
  sign,
  verify,
} from "../testing/sample_certificate.ts";
import { auditCertificates } from "./audit_certificates.ts";
import { certificateName, issueCertificate } from "./certificate.ts";
import { openPublicKeys, openSigningKey, type SignBytes } from "./certificate_keys.ts";
import { RETENTION_POLICY } from "./policy.ts";

const { sweepIntervalMs, graceMs } = RETENTION_POLICY;
const BEGIN_MS = Date.UTC(2026, 2, 14);
const LENGTH = 7;
const TAMPERINGS = 1_000;
/** So many certificates can be missing at the end before the newest one is too old. */
const UNSEEN = graceMs / sweepIntervalMs;
const END_MS = BEGIN_MS + LENGTH * sweepIntervalMs;

type Chain = readonly Uint8Array<ArrayBuffer>[];

async function chainOf(signer: SignBytes, deleted = 0): Promise<Chain> {
  const certificates = new MemoryObjectStore();
  const store = { certificates, hashing, sign: signer };
  const place = { place: "raw", evidence: "observed", bound: "", oldestT0: null } as const;
  for (let at = 1; at <= LENGTH; at++) {
    const counts = { lookedAt: at, deleted, deletedBytes: 0, overdue: 0, foreign: 0 };
    const sweptAt = new Date(BEGIN_MS + at * sweepIntervalMs).toISOString();
    await issueCertificate(store, sampleDraft({ sweptAt, places: [{ ...place, ...counts }] }));
  }
  const names = Array.from({ length: LENGTH }, (_, at) => certificateName(at + 1));
  return await Promise.all(
    names.map(async (name) => await certificates.read(name) ?? assert.fail()),
  );
}

async function findings(chain: Chain, publicKeys = verify): Promise<string[]> {
  const certificates = new MemoryObjectStore();
  for (const [at, bytes] of chain.entries()) {
    if (bytes.length > 0) await certificates.put(certificateName(at + 1), bytes);
  }
  const clock = { now: () => END_MS };
  const ports = { certificates, hashing, verify: publicKeys, clock, policy: RETENTION_POLICY };
  return (await auditCertificates(ports)).findings.map(({ code }) => code);
}

/** Any 32 bytes are a key. */
const OTHER_KEY = CERTIFICATE_KEY.replace("IJ1h", "IJ2h");
const OTHER_PUBLIC_KEY = PUBLIC_KEY.replace("11qY", "22qY");
const NONE = new Uint8Array();
const anyOf = (count: number) => Math.floor(Math.random() * count);

function otherByte(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = anyOf(bytes.length);
  return bytes.with(at, (bytes[at] ?? 0) ^ 1 << anyOf(8));
}

/** What whoever may write in the bucket can do, without the key. */
const TAMPER: Readonly<Record<string, (chain: Chain, forged: Chain) => Chain>> = {
  "a changed bit": (chain) => {
    const at = anyOf(LENGTH);
    return chain.with(at, otherByte(chain[at] ?? NONE));
  },
  "one removed before the end": (chain) => chain.with(anyOf(LENGTH - 1), NONE),
  "one removed and the others moved up": (chain) => chain.toSpliced(anyOf(LENGTH - 1), 1),
  "two in each other's place": (chain) => {
    const at = anyOf(LENGTH - 1);
    return chain.with(at, chain[at + 1] ?? NONE).with(at + 1, chain[at] ?? NONE);
  },
  "an end that was cut off": (chain) => chain.slice(0, anyOf(LENGTH - 1 - UNSEEN)),
  "an end of somebody else's making": (chain, forged) => {
    const at = anyOf(LENGTH);
    return [...chain.slice(0, at), ...forged.slice(at)];
  },
  "a whole chain of somebody else's making": (_, forged) => forged,
};

test(`auditCertificates() finds each of ${TAMPERINGS} random changes, and nothing in a chain that nobody changed`, async () => {
  const chain = await chainOf(sign);
  const forged = await chainOf(await openSigningKey(OTHER_KEY), 1);
  assert.deepEqual(await findings(chain), []);
  const kinds = Object.entries(TAMPER);
  for (let n = 0; n < TAMPERINGS; n++) {
    const [what, tamper] = kinds[n % kinds.length] ?? assert.fail();
    assert.notDeepEqual(await findings(tamper(chain, forged)), [], what);
  }
});

test("auditCertificates() sees an end that was cut off once the newest certificate is older than interval and grace", async () => {
  const chain = await chainOf(sign);
  assert.deepEqual(await findings(chain.slice(0, LENGTH - 1 - UNSEEN)), []);
  assert.deepEqual(await findings(chain.slice(0, LENGTH - 2 - UNSEEN)), ["sweep_missing"]);
});

test("openPublicKeys() takes the keys of before a rotation too, and both refuse what is no key", async () => {
  const chain = await chainOf(sign);
  assert.deepEqual(await findings(chain, await openPublicKeys(OTHER_PUBLIC_KEY + PUBLIC_KEY)), []);
  assert.notDeepEqual(await findings(chain, await openPublicKeys(OTHER_PUBLIC_KEY)), []);
  const broken = PUBLIC_KEY.replace("MCow", "MCox");
  for (const text of ["", broken, broken.replaceAll("PUBLIC", "PRIVATE")]) {
    await assert.rejects(openPublicKeys(text), { code: "invalid_config" });
    await assert.rejects(openSigningKey(text), { code: "invalid_config" });
  }
});
