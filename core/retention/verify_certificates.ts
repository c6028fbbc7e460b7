/** Checks the chain of purge certificates from its first to its last: whoever may list and read them can do it. */
import type { CallOptions } from "../ports/call_options.ts";
import { isAppError } from "../errors.ts";
import type { Hashing } from "../ports/hashing.ts";
import type { ObjectLister, ObjectReader } from "../ports/object_store.ts";
import { type Certificate, CERTIFICATE_FOLDER, readCertificate } from "./certificate.ts";
import { walkNames } from "./walk_names.ts";

/** What is wrong at certificate `n`: it is not there, not readable, or not the successor of the one before. */
export interface ChainFault {
  readonly n: number;
  readonly fault: "missing" | "unreadable" | "broken_link";
}

/** What a check of the chain found. */
export interface ChainCheck {
  /** Certificates that are there. */
  readonly found: number;
  readonly newest: number;
  readonly faults: readonly ChainFault[];
  /** Objects in the certificates' bucket that are none. */
  readonly foreign: number;
}

/** What a check may be told. */
export interface VerifyOptions extends CallOptions {
  /** The newest number that the warehouse knows of. */
  readonly knownNewest?: number;
  /** Called with every certificate that can be read, in order, with the time at which the store had it complete. */
  readonly onCertificate?: (certificate: Certificate, createdMs: number) => void;
}

const READS_AT_ONCE = 16;

type Link = Exclude<Awaited<ReturnType<typeof readCertificate>>, null> | ChainFault["fault"];

/**
 * Reads every certificate and compares its `previousHash` with the one before; an altered certificate shows as a broken
 * link of the next. A chain cannot show that its own end was cut off: `knownNewest`, from the warehouse's copy, does.
 */
export async function verifyCertificates(
  ports: { readonly certificates: ObjectReader & ObjectLister; readonly hashing: Hashing },
  { knownNewest = 0, onCertificate, signal }: VerifyOptions = {},
): Promise<ChainCheck> {
  const { created, foreign } = await certificatesThere(ports.certificates, signal);
  const newest = [...created.keys()].reduce((most, n) => Math.max(most, n), knownNewest);
  const faults: ChainFault[] = [];
  let hashBefore: string | null | undefined = null;
  for await (const { n, link } of links(ports, { newest, signal })) {
    if (typeof link === "string") faults.push({ n, fault: link });
    else {
      if (hashBefore !== undefined && link.certificate.previousHash !== hashBefore) {
        faults.push({ n, fault: "broken_link" });
      }
      onCertificate?.(link.certificate, created.get(n) ?? Date.parse(link.certificate.sweptAt));
    }
    hashBefore = typeof link === "string" ? undefined : link.hash;
  }
  return { found: created.size, newest, faults, foreign };
}

/** The numbers that are there, each with the time at which the store had it complete. */
async function certificatesThere(certificates: ObjectLister, signal: AbortSignal | undefined) {
  const created = new Map<number, number>();
  let foreign = 0;
  for await (const { name, createdMs } of walkNames(certificates, { prefix: "", signal })) {
    const text = name.startsWith(CERTIFICATE_FOLDER) ? name.slice(CERTIFICATE_FOLDER.length) : "";
    if (/^[1-9][0-9]{0,14}$/.test(text)) created.set(Number(text), createdMs);
    else foreign++;
  }
  return { created, foreign };
}

/** The links of the chain in order, some of them read ahead. */
async function* links(
  ports: Parameters<typeof readCertificate>[0],
  { newest, signal }: { readonly newest: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<{ readonly n: number; readonly link: Link }> {
  for (let from = 1; from <= newest; from += READS_AT_ONCE) {
    const count = Math.min(READS_AT_ONCE, newest - from + 1);
    const numbers = Array.from({ length: count }, (_, at) => from + at);
    const read = await Promise.all(numbers.map((n) => readLink(ports, n, { signal })));
    yield* read.map((link, at) => ({ n: from + at, link }));
  }
}

async function readLink(
  ports: Parameters<typeof readCertificate>[0],
  n: number,
  options: CallOptions,
): Promise<Link> {
  try {
    return await readCertificate(ports, n, options) ?? "missing";
  } catch (error) {
    if (isAppError(error, "internal")) return "unreadable";
    throw error;
  }
}
