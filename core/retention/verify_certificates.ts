/** Checks the chain of purge certificates from its first to its last: whoever may list and read them can do it. */
import type { CallOptions } from "../ports/call_options.ts";
import { isAppError } from "../errors.ts";
import type { Hashing } from "../ports/hashing.ts";
import type { ObjectLister, ObjectReader } from "../ports/object_store.ts";
import { CERTIFICATE_FOLDER, readCertificate } from "./certificate.ts";
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
}

/**
 * Reads every certificate and compares its `previousHash` with the one before; an altered certificate shows as a broken
 * link of the next. A chain cannot show that its own end was cut off: `knownNewest`, from the warehouse's copy, does.
 */
export async function verifyCertificates(
  ports: { readonly certificates: ObjectReader & ObjectLister; readonly hashing: Hashing },
  { knownNewest = 0, signal }: CallOptions & { readonly knownNewest?: number } = {},
): Promise<ChainCheck> {
  const numbers = await certificateNumbers(ports.certificates, signal);
  const newest = Math.max(0, knownNewest, ...numbers.slice(-1));
  const faults: ChainFault[] = [];
  let hashBefore: string | null | undefined = null;
  for (let n = 1; n <= newest; n++) {
    const link = await readLink(ports, n);
    if (typeof link === "string") faults.push({ n, fault: link });
    else if (hashBefore !== undefined && link.certificate.previousHash !== hashBefore) {
      faults.push({ n, fault: "broken_link" });
    }
    hashBefore = typeof link === "string" ? undefined : link.hash;
  }
  return { found: numbers.length, newest, faults };
}

async function certificateNumbers(
  certificates: ObjectLister,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { name } of walkNames(certificates, { prefix: CERTIFICATE_FOLDER, signal })) {
    const text = name.slice(CERTIFICATE_FOLDER.length);
    if (/^[1-9][0-9]*$/.test(text)) numbers.push(Number(text));
  }
  return numbers.sort((a, b) => a - b);
}

async function readLink(ports: Parameters<typeof readCertificate>[0], n: number) {
  try {
    return await readCertificate(ports, n) ?? "missing";
  } catch (error) {
    if (isAppError(error, "internal")) return "unreadable";
    throw error;
  }
}
