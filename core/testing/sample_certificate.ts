import { type CertificateDraft, certificateName } from "../retention/certificate.ts";
import { removeLive } from "../retention/erase_image.ts";
import type { MemoryObjectStore } from "./memory_object_store.ts";

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
