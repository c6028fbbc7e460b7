/**
 * Keeps the page's own files, so that it opens without a network: the page and its configuration are asked of the server
 * first, files whose names hold their content's hash are taken from the cache. Calls and pictures never pass through it.
 */

/** The files of this build, and a name for it: `build.ts` gives both. */
declare const SHELL: readonly string[];
declare const VERSION: string;

/** What of a service worker's scope is used here; the library of its types contradicts the one of pages. */
interface WorkerScope {
  readonly location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}

interface ExtendableEvent {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const CACHE = `tintype-shell-${VERSION}`;
const scope = globalThis as unknown as WorkerScope; // where this file runs

scope.addEventListener("install", (event) => event.waitUntil(keepShell()));
scope.addEventListener("activate", (event) => event.waitUntil(removeOthers()));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== scope.location.origin) return;
  if (!SHELL.includes(pathname)) return;
  event.respondWith(pathname.startsWith("/page/") ? fromCache(request) : fromNetwork(request));
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(SHELL.map(async (path) => {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`Cannot keep ${path}: status is ${response.status}`);
    await cache.put(path, await undated(response));
  }));
  await scope.skipWaiting();
}

/** Without its date: the page sets its clock by the server's. */
async function undated(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  headers.delete("date");
  return new Response(await response.blob(), { headers });
}

async function removeOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

async function fromCache(request: Request): Promise<Response> {
  return await caches.match(request) ?? await fetch(request);
}

/** A server that is down is like none; its refusals pass. */
async function fromNetwork(request: Request): Promise<Response> {
  const kept = async () => await caches.match(request, { ignoreSearch: true }) ?? Response.error();
  const response = await fetch(request).catch(kept);
  return response.status >= 500 ? await kept() : response;
}
