/**
 * Purge certificates: a chain of create-only objects `certificates/{n}`, each with the hash of the one before, so that
 * a removed, altered or forked one is seen, and signed, so that nobody else than the keeper can make one.
 */
import * as z from "zod";
import { AppError } from "../errors.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { SHA256 } from "../model/digest.ts";
import type { ObjectName } from "../model/object_name.ts";
import type { Hashing } from "../ports/hashing.ts";
import type { ObjectCreator, ObjectReader } from "../ports/object_store.ts";
import type { SignBytes, VerifyBytes } from "./certificate_keys.ts";

const count = z.int().min(0);
const hash = z.string().regex(SHA256);

/** What a certificate says of one place where copies can lie. */
const placeSchema = z.strictObject({
  place: z.string(),
  /** `observed`: this sweep looked; `configured`: a setting bounds it. */
  evidence: z.enum(["observed", "configured"]),
  /** What bounds it, in a sentence. */
  bound: z.string(),
  /** The oldest T0 that is left, null where nothing is. */
  oldestT0: z.iso.datetime().nullable(),
  lookedAt: count,
  deleted: count,
  deletedBytes: count,
  /** Found more than the grace after its end, and still there. */
  overdue: count,
  /** Names that are not ours; never deleted. */
  foreign: count,
});

/** A purge certificate. */
export const certificateSchema = z.strictObject({
  version: z.literal(1),
  n: z.int().min(1),
  sweptAt: z.iso.datetime(),
  /** Whether the sweep came to its end; false where it was cut, or a part is missing, and goes on in the next. */
  complete: z.boolean(),
  /** Shards that no part of the sweep has reported: nothing of what is certified holds for them. */
  missingShards: z.array(z.string().length(1)),
  periodMs: z.int().positive(),
  /** SHA-256 of the policy's canonical JSON. */
  policyHash: hash,
  /** SHA-256 of the bytes of certificate n - 1; null for the first. */
  previousHash: hash.nullable(),
  places: z.array(placeSchema),
  /** Ed25519, in hex, of all bytes before it: `head -c -131` of the file. */
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});

/** A purge certificate. */
export type Certificate = z.infer<typeof certificateSchema>;

/** What a certificate says of one place. */
export type CertificatePlace = z.infer<typeof placeSchema>;

/** A certificate before it has its place in the chain. */
export type CertificateDraft = Omit<Certificate, "version" | "n" | "previousHash" | "signature">;

/** What reading the chain needs. */
export interface ChainPorts {
  readonly certificates: ObjectReader;
  readonly hashing: Hashing;
}

/** How a certificate's bytes end: with its signature. */
const TAIL = /^[0-9a-f]{128}"\n\}$/;
const TAIL_BYTES = 131;

/** Attempts at the end of the chain before another sweep is let be the one that writes. */
const MAX_ATTEMPTS = 5;

/** Where certificates lie in their bucket. */
export const CERTIFICATE_FOLDER = "certificates/";

/** `certificates/{n}`. */
export function certificateName(n: number): ObjectName {
  return `${CERTIFICATE_FOLDER}${n}` as ObjectName; // a name of the certificate bucket, made here only
}

/** Whether bytes are a certificate that one of the keys has signed: each of its bytes. */
export async function isSigned(
  bytes: Uint8Array<ArrayBuffer>,
  verify: VerifyBytes,
): Promise<boolean> {
  const tail = new TextDecoder().decode(bytes.slice(-TAIL_BYTES));
  return TAIL.test(tail) && await verify(bytes.slice(0, -TAIL_BYTES), tail.slice(0, 128));
}

/** Reads certificate `n`: its content, its bytes and their hash; null where there is none. */
export async function readCertificate(
  ports: ChainPorts,
  n: number,
  options: CallOptions = {},
): Promise<ReadCertificate | null> {
  const bytes = await ports.certificates.read(certificateName(n), options);
  if (bytes === null) return null;
  const read = certificateSchema.safeParse(parseJson(bytes));
  if (!read.success || read.data.n !== n) {
    throw new AppError("internal", `Cannot read certificate ${n} as it is not of its schema`);
  }
  return { certificate: read.data, bytes, hash: await ports.hashing.sha256(bytes) };
}

/** A certificate as it was read. */
interface ReadCertificate {
  readonly certificate: Certificate;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly hash: string;
}

/** The number of the newest certificate, 0 where there is none, in about 2 log2(n) look-ups and without a listing. */
export async function newestCertificate(
  certificates: ObjectReader,
  options: CallOptions = {},
): Promise<number> {
  const isThere = async (n: number) =>
    await certificates.stat(certificateName(n), options) !== null;
  if (!await isThere(1)) return 0;
  let there = 1;
  let absent = 2;
  while (await isThere(absent)) [there, absent] = [absent, absent * 2];
  while (absent - there > 1) {
    const middle = Math.floor((there + absent) / 2);
    if (await isThere(middle)) there = middle;
    else absent = middle;
  }
  return there;
}

/** The period that the newest certificate promises, in milliseconds; undefined where there is none. Throws as `readCertificate`. */
export async function certifiedPeriodMs(ports: ChainPorts): Promise<number | undefined> {
  const newest = await newestCertificate(ports.certificates);
  if (newest === 0) return undefined;
  return (await readCertificate(ports, newest))?.certificate.periodMs;
}

/** Appends a certificate to the chain. Two sweeps cannot fork it: who finds its number taken goes behind it. */
export async function issueCertificate(
  ports: ChainPorts & { readonly certificates: ObjectCreator; readonly sign: SignBytes },
  draft: CertificateDraft,
  options: CallOptions = {},
): Promise<Certificate> {
  let previous = await newestCertificate(ports.certificates, options);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++, previous++) {
    const previousHash = previous === 0 ? null : await hashOfCertificate(ports, previous, options);
    const unsigned = { version: 1, n: previous + 1, ...draft, previousHash } as const;
    const { text, signature } = await signedText(unsigned, ports.sign);
    const certificate = { ...unsigned, signature };
    const bytes = new TextEncoder().encode(text);
    const written = await ports.certificates.create(certificateName(certificate.n), bytes, {
      contentType: "application/json",
      customTimeMs: Date.parse(draft.sweptAt),
      ...options,
    });
    if (written.created) return certificate;
  }
  throw new AppError(
    "unavailable",
    "Cannot issue certificate as other sweeps keep writing at the end of the chain",
  );
}

/** A document's text, whose last field signs every byte before it (Ed25519): {@link isSigned} checks it. */
export async function signedText(
  document: object,
  sign: SignBytes,
): Promise<{ readonly text: string; readonly signature: string }> {
  const unsigned = JSON.stringify({ ...document, signature: "" }, null, 2);
  const head = unsigned.slice(0, -'"\n}'.length);
  const signature = await sign(new TextEncoder().encode(head));
  return { text: `${head}${signature}"\n}`, signature };
}

/** Of its bytes, whatever they say: one that cannot be read is the audit's to find, and must not be the chain's last. */
async function hashOfCertificate(
  { certificates, hashing }: ChainPorts,
  n: number,
  options: CallOptions,
): Promise<string | null> {
  const bytes = await certificates.read(certificateName(n), options);
  return bytes === null ? null : await hashing.sha256(bytes);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
