/** Checks the chain of purge certificates from its first to its last: whoever may list and read them can do it. */
import { walkNames } from "../listing.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { isAppError } from "../errors.ts";
import type { ObjectLister } from "../ports/object_store.ts";
import {
  type Certificate,
  CERTIFICATE_FOLDER,
  type ChainPorts,
  isSigned,
  readCertificate,
} from "./certificate.ts";
import type { VerifyBytes } from "./certificate_keys.ts";

/** What is wrong at certificate `n`: it is not there, not readable, not signed by the keeper, or not the successor of the one before. */
interface ChainFault {
  readonly n: number;
  /** The last of a row of missing ones, where there is more than one. */
  readonly through?: number;
  readonly fault: "missing" | "unreadable" | "not_signed" | "broken_link";
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

/** What a check may know beforehand. */
interface VerifyOptions extends CallOptions {
  /** The newest number that BigQuery knows of. */
  readonly knownNewest?: number;
  /** The auditor's public keys; without them no signature is looked at. */
  readonly verify?: VerifyBytes | undefined;
  /** Called with every certificate that can be read, in order, with the time at which the store had it complete. */
  readonly onCertificate?: (certificate: Certificate, createdMs: number) => void;
}

const READS_AT_ONCE = 16;

type Link = Exclude<Awaited<ReturnType<typeof readCertificate>>, null> | "missing" | "unreadable";

/**
 * Reads every certificate and compares its `previousHash` with the one before; an altered certificate shows as a broken
 * link of the next. A chain cannot show that its own end was cut off: `knownNewest`, from BigQuery's copy, does.
 */
export async function verifyCertificates(
  ports: ChainPorts & { readonly certificates: ObjectLister },
  { knownNewest = 0, verify, onCertificate, signal }: VerifyOptions = {},
): Promise<ChainCheck> {
  const { created, foreign } = await certificatesThere(ports.certificates, signal);
  const faults: ChainFault[] = [];
  const numbers = [...created.keys()].sort((a, b) => a - b);
  const newest = Math.max(knownNewest, numbers.at(-1) ?? 0);
  let hashBefore: string | null | undefined = null;
  let awaited = 1;
  for await (const { n, link } of links(ports, numbers, { signal })) {
    if (n > awaited) {
      faults.push(missing(awaited, n - 1));
      hashBefore = undefined;
    }
    awaited = n + 1;
    if (typeof link === "string") faults.push({ n, fault: link });
    else {
      if (hashBefore !== undefined && link.certificate.previousHash !== hashBefore) {
        faults.push({ n, fault: "broken_link" });
      }
      if (verify !== undefined && !await isSigned(link.bytes, verify)) {
        faults.push({ n, fault: "not_signed" });
      }
      onCertificate?.(link.certificate, created.get(n) ?? Date.parse(link.certificate.sweptAt));
    }
    hashBefore = typeof link === "string" ? undefined : link.hash;
  }
  if (awaited <= newest) faults.push(missing(awaited, newest));
  return { found: created.size, newest, faults, foreign };
}

/** One fault however many there are: a lost bucket, or a number far ahead, must not be asked for one by one. */
function missing(n: number, through: number): ChainFault {
  return { n, fault: "missing", ...(through === n ? {} : { through }) };
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

/** The links of the chain that are there, in order, some of them read ahead. */
async function* links(
  ports: ChainPorts,
  numbers: readonly number[],
  options: CallOptions,
): AsyncGenerator<{ readonly n: number; readonly link: Link }> {
  for (let from = 0; from < numbers.length; from += READS_AT_ONCE) {
    const read = numbers.slice(from, from + READS_AT_ONCE).map(async (n) => ({
      n,
      link: await readLink(ports, n, options),
    }));
    yield* await Promise.all(read);
  }
}

async function readLink(
  ports: ChainPorts,
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
