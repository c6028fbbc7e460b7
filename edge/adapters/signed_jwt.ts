import {
  base64url,
  errors,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
} from "jose";
import { AppError } from "@tintype/core/errors";
import { shapeOf } from "../json_shape.ts";
import { refuseToken, type TokenFault } from "../token_refusal.ts";

/** What makes a signed token one of a kind. */
interface JwtKind {
  /** The one key that a header may name; throws `unauthenticated` where there is none. */
  readonly keyOf: (header: JWTHeaderParameters) => Promise<CryptoKey>;
  /** Whether a header's `typ`, in lower case, is of this kind. */
  readonly isType: (typ: string | undefined) => boolean;
  /** Algorithms, and what jose itself checks of the claims. */
  readonly options: JWTVerifyOptions & { readonly algorithms: string[] };
  /** Everything that is wrong with the claims. */
  readonly faultsOf: (payload: JWTPayload) => readonly TokenFault[];
}

const MAX_TOKEN_CHARACTERS = 8_192;
/** Compact serialization (RFC 7515, section 3.1), base64url without padding. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Headers by which a token would name its own key (RFC 7515, section 4.1). */
const KEY_HEADERS = ["jwk", "jku", "x5u", "x5c"] as const;
const decoder = new TextDecoder();

/** Opens a signed token of a kind (RFC 8725): its claims, all checked. Throws `unauthenticated`, and what `keyOf` does. */
export async function openJwt(token: string, kind: JwtKind): Promise<JWTPayload> {
  const { keyOf, options, faultsOf } = kind;
  if (token.length > MAX_TOKEN_CHARACTERS || !COMPACT.test(token)) throw refuseToken("malformed");
  const keyFor = async (header: JWTHeaderParameters) => {
    if (!isHeaderOf(header, kind)) throw refuseToken("header");
    return await keyOf(header);
  };
  const { payload } = await jwtVerify(token, keyFor, options).catch((error: unknown) => {
    throw refusalOf(error, faultsOf);
  });
  if (namesTwice(token) || isRespelled(token)) throw refuseToken("malformed");
  const [fault] = faultsOf(payload);
  if (fault !== undefined) throw refuseToken(fault.reason, fault.detail);
  return payload;
}

function isHeaderOf(header: JWTHeaderParameters, { isType }: JwtKind): boolean {
  if (KEY_HEADERS.some((name) => header[name] !== undefined) || header.crit !== undefined) {
    return false;
  }
  // jose hands on what the token holds: a type may be any JSON value.
  const typ: unknown = header.typ;
  return (typ === undefined || typeof typ === "string") && isType(typ?.toLowerCase());
}

/** Names what jose found wrong. An error that is neither its nor about the token stays as it is. */
function refusalOf(error: unknown, faultsOf: JwtKind["faultsOf"]): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    const { reason, detail } = faultsOf(error.payload)[0] ?? { reason: "malformed" };
    return refuseToken(reason, detail);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return refuseToken("signature");
  if (error instanceof errors.JOSEAlgNotAllowed) return refuseToken("algorithm");
  if (error instanceof errors.JOSENotSupported) return refuseToken("header");
  const isOfToken = error instanceof errors.JOSEError || error instanceof TypeError;
  return isOfToken ? refuseToken("malformed") : error;
}

/** Whether header or payload name something twice: parsers disagree on which one counts (RFC 8725, section 2.6). */
function namesTwice(token: string): boolean {
  return token.split(".", 2).some((part) =>
    shapeOf(decoder.decode(base64url.decode(part))).namesTwice
  );
}

/** Whether the signature, the one part that nothing signs, has spare bits that are not zeros (RFC 4648, section 3.5). */
function isRespelled(token: string): boolean {
  const signature = token.slice(token.lastIndexOf(".") + 1);
  return base64url.encode(base64url.decode(signature)) !== signature;
}
