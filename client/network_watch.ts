import { untilAborted } from "@tintype/gcs/signals";

/** Tells whether there is a network at all, so that tries are not spent while there is none. */
export interface NetworkWatch {
  /** Whether it is known that there is none. */
  isOffline(): boolean;
  /** Waits until there is one again, or it is worth a try; throws the signal's reason. */
  untilOnline(signal?: AbortSignal): Promise<void>;
}

/** What a browser has of it (HTML, "navigator.onLine" and the event "online"); elsewhere all of it is missing. */
interface BrowserScope {
  readonly navigator?: { readonly onLine?: boolean };
  addEventListener?(type: "online", listener: () => void): void;
  removeEventListener?(type: "online", listener: () => void): void;
}

/** Browsers count a machine as offline that reaches the edge all the same: on itself, or by a tunnel. */
const RECHECK_MS = 15_000;

/** The platform's own word, which is put to the test every `recheckMs`; one that says nothing counts as online. */
export function platformNetwork(
  scope: BrowserScope = globalThis as BrowserScope, // all optional
  { recheckMs = RECHECK_MS }: { readonly recheckMs?: number } = {},
): NetworkWatch {
  return {
    isOffline: () => scope.navigator?.onLine === false,
    untilOnline: (signal) =>
      untilAborted(signal, (resolve) => {
        scope.addEventListener?.("online", resolve);
        const timer = setTimeout(resolve, recheckMs);
        return () => {
          scope.removeEventListener?.("online", resolve);
          clearTimeout(timer);
        };
      }),
  };
}
