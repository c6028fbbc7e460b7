import type { Authorize, StorageCall } from "./storage_call.ts";
import { StorageError } from "./storage_error.ts";

/** Without credentials, as the emulator is asked. */
export const anonymous: Authorize = (endpoint, call) =>
  Promise.resolve({ url: urlOf(endpoint, call), headers: headersOf(call) });

/** With the headers that `getHeaders` gives, such as an access token's; what it throws counts as no response. */
export function withHeaders(
  getHeaders: () => Promise<Iterable<readonly [string, string]>>,
): Authorize {
  return async (endpoint, call) => {
    try {
      const credentials = Object.fromEntries(await getHeaders());
      return { url: urlOf(endpoint, call), headers: { ...headersOf(call), ...credentials } };
    } catch (cause) {
      throw new StorageError("Cannot get credentials for Cloud Storage", { status: 0 }, { cause });
    }
  };
}

function urlOf(endpoint: string, { path, query = {} }: StorageCall): string {
  const search = new URLSearchParams(query).toString();
  return `${endpoint}${path}${search === "" ? "" : `?${search}`}`;
}

function headersOf({ headers, unsignedHeaders }: StorageCall): Record<string, string> {
  return { ...headers, ...unsignedHeaders };
}
