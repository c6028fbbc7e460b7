import { readFile } from "node:fs/promises";
import { UsageError } from "@tintype/cli/usage_error";
import type { TokenSource } from "../client.ts";
import { developmentTokens } from "./development_tokens.ts";

/** The local OIDC provider. */
export const LOCAL_ISSUER = "http://localhost:9080";

/** Whose tokens it is asked for. */
const LOCAL_PERSON = {
  issuer: LOCAL_ISSUER,
  subject: "upload-command",
  tenant: "demo",
} as const;

/**
 * Tokens as `--token` asks for them: as it is, from a file that is read each time, or of the local issuer. Throws
 * UsageError where the file cannot be read.
 */
export function commandToken({ token }: { readonly token: string | undefined }): TokenSource {
  if (token === undefined) return developmentTokens(LOCAL_PERSON);
  if (!token.startsWith("@")) return () => token;
  return async () => {
    const text = await readFile(token.slice(1), "utf8").catch((error: Error) => {
      throw new UsageError(`Cannot upload as the token cannot be read: ${error.message}`);
    });
    return text.trim();
  };
}
