import {
  openPublicKeys,
  openSigningKey,
  type SignBytes,
  type VerifyBytes,
} from "../retention/certificate_keys.ts";
import { type CertificateDraft, certificateName } from "../retention/certificate.ts";
import { removeLive } from "../retention/erase_image.ts";
import type { MemoryObjectStore } from "./memory_object_store.ts";

/** A certificate key of tests (RFC 8032, section 7.1, test 1). */
export const CERTIFICATE_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
`;

/** Its public key. */
export const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
`;

const signing = openSigningKey(CERTIFICATE_KEY);
const publicKeys = openPublicKeys(PUBLIC_KEY);

/** Signs with {@link CERTIFICATE_KEY}. */
export const sign: SignBytes = async (bytes) => await (await signing)(bytes);

/** Verifies with {@link PUBLIC_KEY}. */
export const verify: VerifyBytes = async (...signed) => await (await publicKeys)(...signed);

/** What a sweep that found nothing says. */
export function sampleDraft(values: Partial<CertificateDraft> = {}): CertificateDraft {
  return {
    sweptAt: "2026-03-14T12:00:00.000Z",
    complete: true,
    missingShards: [],
    periodMs: 604_800_000,
    policyHash: "0".repeat(64),
    places: [],
    ...values,
  };
}

/** Puts an edited certificate in the place of one. */
export async function rewriteCertificate(
  certificates: MemoryObjectStore,
  n: number,
  edit: (text: string) => string,
): Promise<void> {
  const bytes = await certificates.read(certificateName(n)) ?? new Uint8Array();
  await removeLive(certificates, certificateName(n));
  const edited = new TextEncoder().encode(edit(new TextDecoder().decode(bytes)));
  await certificates.put(certificateName(n), edited);
}
