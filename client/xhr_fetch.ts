/// <reference lib="dom" />
import { throwIfAborted } from "@tintype/gcs/signals";

/** What a request may be given beside `fetch`'s own: a listener for the bytes of its body that have left. */
interface SentInit extends RequestInit {
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** `fetch`, or what stands in its place: only some are able to call `onSent`. */
export type SendingFetch = (url: string, init: SentInit) => Promise<Response>;

/** `fetch` by XMLHttpRequest, as far as an upload needs it: it alone reports what has left. */
export const xhrFetch: SendingFetch = async (
  url,
  { method = "GET", headers: sent, body, signal, onSent },
) => {
  throwIfAborted(signal ?? undefined);
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  signal?.addEventListener("abort", abort);
  try {
    await new Promise<void>((resolve, reject) => {
      request.open(method, url);
      for (const [name, value] of new Headers(sent)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => onSent?.(loaded);
      request.onload = () => resolve();
      request.onerror = request.onabort = () => reject(new TypeError("Connection lost"));
      request.send(body as XMLHttpRequestBodyInit | null); // no stream is ever sent
    });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  const { status, responseText } = request;
  const headers = headersOf(request.getAllResponseHeaders());
  // Some statuses, such as 204, take no body, not even an empty one.
  return new Response(responseText || null, { status, headers });
};

function headersOf(lines: string): Headers {
  const headers = new Headers();
  for (const [, name = "", value = ""] of lines.matchAll(/^([^:\s]+):(.*)$/gm)) {
    headers.append(name, value);
  }
  return headers;
}
