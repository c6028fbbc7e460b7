/** Registers the service worker, which keeps the page's own files so that it opens without a network. */
export function installShell(): void {
  if (!("serviceWorker" in navigator)) return;
  // Without it the page only does not open offline.
  navigator.serviceWorker.register(shellUrl()).catch(() => undefined);
}

/** The one address of a script that the page's policy of trusted types lets it make. */
function shellUrl(): string {
  const url = "/service_worker.js";
  if (!("trustedTypes" in globalThis)) return url;
  const { trustedTypes } = globalThis as unknown as { trustedTypes: PolicyFactory }; // not of every library
  const policy = trustedTypes.createPolicy("tintype-shell", { createScriptURL: () => url });
  return policy.createScriptURL("");
}

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(text: string): string },
  ): { createScriptURL(text: string): string };
}
