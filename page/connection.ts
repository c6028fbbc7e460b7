/**
 * Whether the service can be reached, by what happens rather than by `navigator.onLine`, which also counts a machine as
 * offline that reaches the service by a tunnel: a call that got no response says that it cannot, a probe that got one says
 * that it can again. The browser's own word only makes a probe come sooner.
 */
import type { NetworkWatch } from "@tintype/client/client";

/** How the connection is looked after. */
interface ConnectionOptions {
  /** Asks the service for any response; rejects where none came. */
  readonly probe: () => Promise<unknown>;
  readonly onChange: (isOnline: boolean) => void;
}

/** Between two probes while the service cannot be reached. */
const PROBE_EVERY_MS = 4_000;

/** The connection to the service. */
export class Connection implements NetworkWatch {
  readonly #options: ConnectionOptions;
  readonly #waiting = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isProbing = false;
  /** The page itself has just come over the network. */
  isOnline = true;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Called by the client when a call got no response: asks whether that is so for all. */
  isOffline(): boolean {
    if (this.isOnline) void this.check();
    return !this.isOnline;
  }

  async untilOnline(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.isOnline) return;
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      signal?.addEventListener("abort", () => resolve());
    });
    signal?.throwIfAborted();
  }

  /** Asks the service now. */
  async check(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    clearTimeout(this.#timer);
    const isOnline = await this.#options.probe().then(() => true, () => false);
    this.#isProbing = false;
    if (!isOnline) this.#timer = setTimeout(() => void this.check(), PROBE_EVERY_MS);
    if (isOnline === this.isOnline) return;
    this.isOnline = isOnline;
    if (isOnline) {
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    }
    this.#options.onChange(isOnline);
  }
}
