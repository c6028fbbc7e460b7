import type { GoogleAuth } from "google-auth-library";

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

let loading: Promise<GoogleAuth> | undefined;

/** The headers of an access token for whoever this process runs as; the library keeps the token until it is about to expire. */
export async function googleHeaders(): Promise<Headers> {
  // Loaded where it is needed: it takes a third of the start's time, and memory.
  loading ??= import("google-auth-library").then(({ GoogleAuth }) =>
    new GoogleAuth({ scopes: SCOPE })
  );
  return await (await loading).getRequestHeaders();
}

/** An access token for whoever this process runs as. */
export async function googleToken(): Promise<string> {
  const header = (await googleHeaders()).get("authorization") ?? "";
  return header.replace(/^Bearer /i, "");
}
