import { UploadError } from "@tintype/client/problem";
import { claimsOf } from "@tintype/client/resume_records";

/** Somebody who is signed in. */
export interface Session {
  /** How the page calls them. */
  readonly name: string;
  /** Keeps people of one browser apart; never leaves it. */
  readonly account: string;
  /**
   * An access token that is not the one that was just refused. Throws SignedOut where none can be had without asking
   * the person again.
   */
  token(asked?: { readonly refused?: string | undefined }): Promise<string>;
}

/** One way to sign in. */
export interface SignInWay {
  /** Signs somebody in; undefined where the browser is on its way to the issuer. */
  begin(): Promise<Session | undefined>;
  /** Who was signed in before a reload, or comes back from the issuer. */
  restore(): Promise<Session | undefined>;
  /** Forgets everything of the session; may send the browser to the issuer. */
  end(): Promise<void>;
}

/** Thrown where the person must sign in again. */
export class SignedOut extends Error {
  override readonly name = "SignedOut";
}

/**
 * Why there is no token, as the client understands it: an issuer that gives no answer, or a bad one, is asked again like
 * any lost network. A person who must sign in again stays that.
 */
export function tokenTroubleOf(cause: unknown): unknown {
  if (cause instanceof SignedOut) return cause;
  const detail = "the issuer gave no token";
  // `fetch` throws TypeError where no response came.
  const isLost = [cause, cause instanceof Error && cause.cause].some((each) =>
    each instanceof TypeError
  );
  const problem = isLost
    ? { status: 0, code: "network", detail } as const
    : { status: 503, code: "unavailable", detail } as const;
  return new UploadError(problem, { cause });
}

/** Whether a token has a scope, as far as it says so; the edge alone decides. */
export function hasScope(accessToken: string, scope: string): boolean {
  const { scope: text, scp } = claimsOf(accessToken);
  return [text, scp].flat().some((each) =>
    typeof each === "string" && each.split(" ").includes(scope)
  );
}

/** Who a token is about, where it is a JWT (RFC 7519); the edge alone checks it. */
export function accountOf(accessToken: string): string {
  const { iss, tenant, sub } = claimsOf(accessToken);
  return [iss, tenant, sub].filter((part) => typeof part === "string").join(" ") || "somebody";
}
