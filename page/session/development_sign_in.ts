import type { DevelopmentSignIn } from "../page_config.ts";
import { accountOf, type HeldToken, isUsable, type Session, type SignInWay } from "./session.ts";

const KEY = "tintype.signed-in";
/** Whom the development issuer signs tokens for. */
const SUBJECT = "me";

/** Signs in by a token of the development issuer, which asks nothing. */
export function developmentSignIn({ tokenUrl, tenant }: DevelopmentSignIn): SignInWay {
  const open = async (): Promise<Session> => {
    let held = await fetchToken(tokenUrl, tenant);
    sessionStorage.setItem(KEY, "yes");
    return {
      name: `${SUBJECT} (development)`,
      account: accountOf(held.accessToken),
      async token({ refused } = {}) {
        if (!isUsable(held, refused)) held = await fetchToken(tokenUrl, tenant);
        return held.accessToken;
      },
    };
  };
  return {
    begin: open,
    restore: async () => sessionStorage.getItem(KEY) === null ? undefined : await open(),
    end: async () => sessionStorage.removeItem(KEY),
  };
}

async function fetchToken(tokenUrl: string, tenant: string): Promise<HeldToken> {
  const response = await fetch(tokenUrl, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sub: SUBJECT, tenant }),
  });
  if (!response.ok) throw new Error(`Cannot sign in: the issuer's status is ${response.status}`);
  const { access_token: accessToken, expires_in: seconds } = await response.json() as {
    access_token: string;
    expires_in: number;
  }; // RFC 6749, section 5.1
  return { accessToken, expiresAtMs: Date.now() + seconds * 1_000 };
}
