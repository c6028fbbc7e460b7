/// <reference lib="dom" />
import { throwIfAborted } from "@tintype/gcs/signals";

/** What a request may be given beside `fetch`'s own: a listener for the bytes of its body that have left. */
interface SentInit extends RequestInit {
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** `fetch`, or what stands in its place: only some are able to call `onSent`. */
export type SendingFetch = (url: string, init: SentInit) => Promise<Response>;

/** Statuses whose responses have no body (Fetch standard, "null body status"). */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/** `fetch` by XMLHttpRequest, as far as an upload needs it: it alone reports what has left. */
export const xhrFetch: SendingFetch = async (
  url,
  { method = "GET", headers, body, signal, onSent },
) => {
  throwIfAborted(signal ?? undefined);
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  signal?.addEventListener("abort", abort);
  try {
    await new Promise<void>((resolve, reject) => {
      request.open(method, url);
      for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => onSent?.(loaded);
      request.onload = () => resolve();
      request.onerror = request.onabort = () => reject(new TypeError("The connection was lost"));
      request.send(body as XMLHttpRequestBodyInit | null); // no stream is ever sent
    });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  const { status, responseText } = request;
  return new Response(WITHOUT_BODY.includes(status) ? null : responseText, {
    status,
    headers: headersOf(request.getAllResponseHeaders()),
  });
};

function headersOf(lines: string): Headers {
  const headers = new Headers();
  for (const line of lines.split("\r\n")) {
    const end = line.indexOf(":");
    if (end > 0) headers.append(line.slice(0, end), line.slice(end + 1).trim());
  }
  return headers;
}
