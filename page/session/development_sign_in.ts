import { developmentTokens } from "@tintype/client/command/development_tokens";
import type { DevelopmentSignIn } from "../page_config.ts";
import { accountOf, type Session, type SignInWay } from "./session.ts";

const KEY = "tintype.signed-in";
/** Whom the development issuer signs tokens for. */
const SUBJECT = "me";

/** Signs in by a token of the development issuer, which asks nothing. */
export function developmentSignIn({ tokenUrl, tenant }: DevelopmentSignIn): SignInWay {
  const open = async (): Promise<Session> => {
    const issuer = tokenUrl.replace(/\/token$/, "");
    const tokenOf = developmentTokens({ issuer, subject: SUBJECT, tenant });
    const account = accountOf(await tokenOf({}));
    sessionStorage.setItem(KEY, "yes");
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
