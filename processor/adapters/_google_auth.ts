import { GoogleAuth } from "google-auth-library";

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

let auth: GoogleAuth | undefined;

/** The headers of an access token for whoever this process runs as; the library keeps the token until it is about to expire. */
export async function googleHeaders(): Promise<Headers> {
  auth ??= new GoogleAuth({ scopes: SCOPE });
  return await auth.getRequestHeaders();
}

/** An access token for whoever this process runs as. */
export async function googleToken(): Promise<string> {
  const header = (await googleHeaders()).get("authorization") ?? "";
  return header.replace(/^Bearer /i, "");
}
