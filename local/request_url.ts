import type { IncomingMessage } from "node:http";

/**
 * Where a request goes, for any target that Node's parser lets through. Never throws, as `new URL(target, base)` does
 * for `//`, which it takes for a host: one odd request must not end a stand-in.
 */
export function requestUrl({ url = "/" }: Pick<IncomingMessage, "url">): URL {
  return new URL(`http://localhost${url}`);
}
