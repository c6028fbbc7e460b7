import type { TokenSource } from "../client.ts";

/** Whose tokens. */
export interface Person {
  /** The local issuer's address. */
  readonly issuer: string;
  readonly subject: string;
  readonly tenant: string;
  /** Scopes, by spaces; every one for a person's own images where it is not given. */
  readonly scope?: string;
}

/** Tokens of the local issuer, each used until it is refused. Throws Error where there is no issuer. */
export function developmentTokens({ issuer, subject, tenant, scope }: Person): TokenSource {
  let current: Promise<string> | undefined;
  const fetchToken = async () => {
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sub: subject, tenant, scope }),
    }).catch((cause: unknown) => {
      throw new Error(`Cannot get a token: no OIDC provider responds at ${issuer}`, { cause });
    });
    const { access_token: token }: Record<string, unknown> = await response.json();
    if (typeof token === "string") return token;
    throw new Error(`Cannot get a token: ${issuer} responded with ${response.status} without one`);
  };
  return async ({ refused }) => {
    if (current !== undefined && await current.catch(() => refused) !== refused) {
      return await current;
    }
    current = fetchToken();
    return await current;
  };
}
