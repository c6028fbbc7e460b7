import type { CertificateDraft } from "../retention/certificate.ts";

/** What a sweep that found nothing says. */
export function sampleDraft(values: Partial<CertificateDraft> = {}): CertificateDraft {
  return {
    sweptAt: "2026-03-14T12:00:00.000Z",
    complete: true,
    periodMs: 604_800_000,
    policyHash: "0".repeat(64),
    markers: { live: 0, erased: 0, waiting: 0 },
    places: [],
    ...values,
  };
}
