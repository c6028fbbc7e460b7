import { Agent, type ClientRequest, request } from "node:http";
import { text } from "node:stream/consumers";

/** A POST with a JSON body. */
interface JsonPost {
  /** An `http:` address. */
  readonly url: string;
  readonly body: unknown;
  /** The token for `Authorization: Bearer`. */
  readonly token?: string;
  /** From the first byte sent to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What was answered; `text` is the body. */
interface PostAnswer {
  readonly status: number;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true });

/**
 * Sends a POST and reads the answer; a `102` (RFC 2518, section 10.1) counts as the answer. Rejects on timeout, abort
 * and connection errors. `fetch` will not do: it gives up after five minutes without headers, a push may take ten.
 */
export async function postJson(post: JsonPost): Promise<PostAnswer> {
  const deadline = AbortSignal.timeout(post.timeoutMs);
  const signal = post.signal === undefined ? deadline : AbortSignal.any([deadline, post.signal]);
  try {
    return await send(post, signal);
  } catch (error) {
    // A kept connection that the server closed meanwhile says nothing about this request.
    if (error instanceof StaleConnection) return await send(post, signal);
    throw error;
  }
}

class StaleConnection extends Error {}

function send({ url, body, token }: JsonPost, signal: AbortSignal): Promise<PostAnswer> {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers: Record<string, string | number> = {
    "content-type": "application/json",
    "content-length": bytes.length,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers, signal, agent });
    sent.on("error", (error) => reject(isStale(sent, error) ? new StaleConnection() : error));
    sent.on("information", ({ statusCode }) => {
      if (statusCode === 102) resolve({ status: 102, text: "" });
    });
    sent.on("response", (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, text: body }),
        reject,
      );
    });
    sent.end(bytes);
  });
}

function isStale(sent: ClientRequest, error: Error & { code?: string }): boolean {
  return sent.reusedSocket && error.code === "ECONNRESET";
}
