/**
 * Guests: whoever opens a link whose fragment holds a grant sends pictures without an account. The grant goes from the
 * address into sessionStorage, so that it is neither in the history nor outlives the tab; a fragment is never sent.
 */
import { claimsOf } from "@tintype/client/resume_records";
import { hasScope, type Session, SignedOut, type SignInWay } from "./session.ts";

/** What a guest's link allows. */
export interface Guest {
  readonly token: string;
  readonly grantId: string;
  /** Pictures at most. */
  readonly count: number;
  readonly endsAtMs: number;
}

const KEY = "tintype.grant";
const FRAGMENT = "#grant=";

/** The link that opens the page for one grant. */
function guestLinkOf(origin: string, token: string): string {
  return `${origin}/${FRAGMENT}${token}`;
}

/** What a grant says of itself; undefined where it is none. The edge alone checks it. */
function readGuest(token: string): Guest | undefined {
  const { jti, count, exp } = claimsOf(token);
  if (typeof jti !== "string" || typeof count !== "number" || typeof exp !== "number") return;
  return { token, grantId: jti, count, endsAtMs: exp * 1_000 };
}

/** The guest of this tab: of the link that was opened, or of one before a reload. */
export function guestOfTab(): Guest | undefined {
  if (location.hash.startsWith(FRAGMENT)) {
    sessionStorage.setItem(KEY, location.hash.slice(FRAGMENT.length));
    history.replaceState(null, "", location.pathname);
  }
  return readGuest(sessionStorage.getItem(KEY) ?? "");
}

/** A guest is in as soon as the link is open; a grant that is refused can be had again from nobody here. */
export function guestSignIn({ token, grantId }: Guest): SignInWay {
  const session: Session = {
    name: "",
    account: `grant ${grantId}`,
    async token({ refused } = {}) {
      if (refused !== token) return token;
      throw new SignedOut("Cannot renew grant: only whoever made it can make another");
    },
  };
  return {
    begin: async () => session,
    restore: async () => session,
    end: async () => sessionStorage.removeItem(KEY),
  };
}

/** A guest's link, as it was made. */
export interface GuestLink {
  readonly url: string;
  readonly endsAtMs: number;
}

/** Makes a link by which somebody sends pictures to the person whose token it is. Throws Error where the edge refuses. */
export async function makeGuestLink(
  session: Session,
  { count, ttlSeconds }: { readonly count: number; readonly ttlSeconds: number },
): Promise<GuestLink> {
  const token = await session.token();
  const response = await fetch("/v1/grants", {
    method: "POST",
    headers: { "Authorization": `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ subject: claimsOf(token)["sub"], count, ttlSeconds }),
  });
  if (!response.ok) throw new Error(`Cannot make grant: status is ${response.status}`);
  const grant = await response.json() as { token: string; expiresAt: string }; // the edge's contract
  return { url: guestLinkOf(location.origin, grant.token), endsAtMs: Date.parse(grant.expiresAt) };
}

/** Whether a person can make such links. */
export async function canInvite(session: Session): Promise<boolean> {
  return hasScope(await session.token(), "images:grant");
}
