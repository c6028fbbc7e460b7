import type { V4Key } from "@tintype/gcs/v4_verifier";
import * as z from "zod";

const identitiesSchema = z.strictObject({
  hmacKeys: z.array(z.strictObject({
    accessId: z.string().min(1),
    secret: z.string().min(1),
    email: z.string().min(1),
  })).default([]),
  rsaKeys: z.array(z.strictObject({
    email: z.string().min(1),
    publicKeyPem: z.string().min(1),
  })).default([]),
});

/**
 * Reads who may sign requests: `{hmacKeys: [{accessId, secret, email}], rsaKeys: [{email, publicKeyPem}]}`;
 * answers a look-up by access id or email. Throws where the text is of another form.
 */
export function parseIdentities(json: string): (accessId: string) => V4Key | undefined {
  const { hmacKeys, rsaKeys } = identitiesSchema.parse(JSON.parse(json));
  const keys = new Map<string, V4Key>();
  for (const { accessId, secret, email } of hmacKeys) {
    keys.set(accessId, { type: "hmac", secret, email });
  }
  for (const { email, publicKeyPem } of rsaKeys) {
    keys.set(email, { type: "rsa", publicKeyPem, email });
  }
  return (accessId) => keys.get(accessId);
}
