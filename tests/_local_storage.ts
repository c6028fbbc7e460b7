import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importHmacSigner, objectPath, signUrl, type V4Request } from "@tintype/gcs/v4_signer";
import { startEmulator } from "@tintype/core/testing/start_emulator";

/** A fault as `POST /_local/faults` takes it. */
export interface LocalFault {
  readonly match: { readonly method?: string; readonly path?: string; readonly header?: string };
  readonly times: number;
  readonly action:
    | { readonly status: number }
    | { readonly cutAfterBytes: number }
    | { readonly dropReply: true };
}

/** A request for an object of the raw bucket. */
interface ObjectRequest extends Pick<V4Request, "method" | "headers"> {
  readonly object: string;
}

/** The local storage as a process of its own, alone: its notifications find nobody. */
export interface LocalStorage {
  /** Reads an object of the raw bucket, as no client may: its bytes, undefined where it is not there. */
  read(object: string): Promise<Uint8Array | undefined>;
  /** Sends a signed request to the raw bucket. */
  signedFetch(request: ObjectRequest): Promise<Response>;
  /** Forgets all faults and puts these in. */
  setFaults(faults: readonly LocalFault[]): Promise<void>;
  /** How many faults are still to happen. */
  faultsLeft(): Promise<number>;
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}

const KEY = { accessId: "GOOG1EWIRE", secret: "a secret of the wire test" } as const;

/** Starts the local storage on a free port with a fresh folder. */
export async function startLocalStorage(): Promise<LocalStorage> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-wire-"));
  const identities = join(folder, "identities.json");
  const hmacKeys = [{ ...KEY, email: "edge@tintype-local.iam.gserviceaccount.com" }];
  await writeFile(identities, JSON.stringify({ hmacKeys, rsaKeys: [] }));
  const storage = await startEmulator("storage", { IDENTITIES: identities });
  const { url } = storage;
  const signer = await importHmacSigner(KEY);
  const faults = "/_local/faults";
  return {
    async signedFetch({ object, ...request }) {
      const path = objectPath("tintype-raw", object);
      const place = { endpoint: url, path, expiresSeconds: 60 };
      const signed = await signUrl(signer, { ...place, ...request }, { nowMs: Date.now() });
      return await fetch(signed.url, { method: request.method, headers: signed.headers });
    },
    async read(object) {
      const path = `/storage/v1/b/tintype-raw/o/${encodeURIComponent(object)}?alt=media`;
      const response = await fetch(`${url}${path}`);
      if (response.ok) return await response.bytes();
      if (response.status === 404) return undefined;
      throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    },
    async setFaults(wanted) {
      await storage.control("DELETE", faults);
      for (const fault of wanted) await storage.control("POST", faults, fault);
    },
    async faultsLeft() {
      const left = await storage.control("GET", faults) as { faults: LocalFault[] }; // documented at GET /_local
      return left.faults.reduce((sum, { times }) => sum + times, 0);
    },
    async stop() {
      await storage.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
