import { createPrivateKey, X509Certificate } from "node:crypto";
import * as z from "zod";

const CERTIFICATE = /-----BEGIN (X509 )?CERTIFICATE-----.+?-----END (X509 )?CERTIFICATE-----/gs;

// Whoever compares a key with its certificate must be able to read both, so a schema's fault ends the validation.

/** PEM of one certificate or more, each of which can be read: a TLS connection would pass over the others in silence. */
export const certificatesPem = z.string().refine((text) => {
  const blocks = text.match(CERTIFICATE) ?? [];
  return blocks.length > 0 && blocks.every((block) => isDone(() => new X509Certificate(block)));
}, { error: "must be PEM of certificates", abort: true });

/** PEM of a private key without a passphrase. */
export const privateKeyPem = z.string().refine(
  (text) => isDone(() => createPrivateKey(text)),
  { error: "must be PEM of a private key without a passphrase", abort: true },
);

/** Whether a key belongs to the first of the certificates; both can be read. */
export function isKeyOf(key: string, certificates: string): boolean {
  return new X509Certificate(certificates).checkPrivateKey(createPrivateKey(key));
}

function isDone(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
