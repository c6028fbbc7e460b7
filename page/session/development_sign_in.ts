import { developmentTokens } from "@tintype/client/command/development_tokens";
import type { DevelopmentSignIn } from "../page_config.ts";
import { accountOf, type Session, type SignInWay } from "./session.ts";

const KEY = "tintype.signed-in";
/** Whom the development issuer signs tokens for, and what they may do: invite guests, too. */
const SUBJECT = "me";
const SCOPE = "images:read images:write images:delete images:grant";

/** Signs in by a token of the development issuer, which asks nothing. */
export function developmentSignIn({ tokenUrl, tenant }: DevelopmentSignIn): SignInWay {
  const open = async (): Promise<Session> => {
    const issuer = tokenUrl.replace(/\/token$/, "");
    const tokenOf = developmentTokens({ issuer, subject: SUBJECT, tenant, scope: SCOPE });
    // A reload without a network finds the person, too.
    const account = sessionStorage.getItem(KEY) ?? accountOf(await tokenOf({}));
    sessionStorage.setItem(KEY, account);
    return {
      name: `${SUBJECT} (development)`,
      account,
      token: async (asked = {}) => await tokenOf(asked),
    };
  };
  return {
    begin: open,
    restore: async () => sessionStorage.getItem(KEY) === null ? undefined : await open(),
    end: async () => sessionStorage.removeItem(KEY),
  };
}
