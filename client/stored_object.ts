import { fieldsOf } from "./_private.ts";
import { UploadError } from "./problem.ts";
import type { Answer } from "./send.ts";

/** What the store should have; a digest that is not given is not looked at. */
export interface ExpectedObject {
  /** Bytes. */
  readonly size: number;
  /** Big-endian base64. */
  readonly crc32c?: string | undefined;
}

/**
 * Compares a completed session's answer with what was sent: the JSON API's resource, or an empty body and headers
 * (the XML API). What neither names is not looked at. Throws UploadError of code `digest_mismatch`.
 */
export function checkStored({ response, text }: Answer, expected: ExpectedObject): void {
  const fields = fieldsOf(text);
  const { headers } = response;
  const size = fields["size"] ?? headers.get("x-goog-stored-content-length");
  const crc32c = fields["crc32c"] ?? /crc32c=([^,\s]+)/.exec(headers.get("x-goog-hash") ?? "")?.[1];
  const isOther = (actual: unknown, wanted: string | undefined) =>
    typeof actual === "string" && wanted !== undefined && actual !== wanted;
  if (!isOther(size, String(expected.size)) && !isOther(crc32c, expected.crc32c)) return;
  throw new UploadError({
    status: response.status,
    code: "digest_mismatch",
    detail: "the store has other bytes than the file",
  });
}
