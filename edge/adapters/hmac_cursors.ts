import { base64url } from "jose";
import { hexOf } from "@tintype/core/hex";
import { type ImageId, isImageId } from "@tintype/core/model/image_id";
import type { Cursors, CursorScope } from "../ports.ts";

/** 32 bytes in base64url, whose last character has two bits to spare: only zeros, so that a cursor has one spelling. */
const FORM = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const ID_BYTES = 16;
const SEAL_BYTES = 16;

/**
 * Cursors signed by HMAC-SHA-256 over id, tenant and owner: 16 bytes of id and 16 of seal in base64url. The first secret
 * seals; the cursors of the other one are taken too, while keys are changed.
 */
export async function hmacCursors(secret: string, also?: string): Promise<Cursors> {
  const key = await importKey(secret);
  const keys = also === undefined ? [key] : [key, await importKey(also)];
  return {
    async seal(before, scope) {
      const bytes = new Uint8Array(ID_BYTES + SEAL_BYTES);
      bytes.set(bytesOfId(before));
      bytes.set(await sealOf(key, before, scope), ID_BYTES);
      return base64url.encode(bytes);
    },
    async open(cursor, scopeAt) {
      if (!FORM.test(cursor)) return undefined;
      const bytes = base64url.decode(cursor);
      const before = idOfBytes(bytes.subarray(0, ID_BYTES));
      if (!isImageId(before)) return undefined;
      const scope = await scopeAt(before);
      if (scope === undefined) return undefined;
      const seals = await Promise.all(keys.map((each) => sealOf(each, before, scope)));
      return seals.some((seal) => isSeal(seal, bytes)) ? before : undefined;
    },
  };
}

async function importKey(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
}

async function sealOf(
  key: CryptoKey,
  before: ImageId,
  { tenant, owner }: CursorScope,
): Promise<Uint8Array> {
  const text = new TextEncoder().encode(`cursor\n${tenant}\n${owner}\n${before}`);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, text)).subarray(0, SEAL_BYTES);
}

/** Whether the seal is the cursor's, in the same time whichever byte differs. */
function isSeal(seal: Uint8Array, cursor: Uint8Array): boolean {
  return seal.reduce((bits, byte, at) => bits | byte ^ (cursor[ID_BYTES + at] ?? 0), 0) === 0;
}

function bytesOfId(id: string): Uint8Array {
  const digits = id.replaceAll("-", "");
  return Uint8Array.from(
    { length: ID_BYTES },
    (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}

function idOfBytes(bytes: Uint8Array): string {
  const digits = hexOf(bytes);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
