import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { importHmacSigner, objectPath, signUrl, type V4Request } from "@tintype/gcs/v4_signer";
import { findNodeBinary } from "../tools/node_binary.ts";

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

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const KEY = { accessId: "GOOG1EWIRE", secret: "a secret of the wire test" } as const;
const NOBODY = "http://localhost:1";

/** Starts the local storage on a free port with a fresh folder. */
export async function startLocalStorage(): Promise<LocalStorage> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-wire-"));
  const identities = join(folder, "identities.json");
  const hmacKeys = [{ ...KEY, email: "edge@tintype-local.iam.gserviceaccount.com" }];
  await writeFile(identities, JSON.stringify({ hmacKeys, rsaKeys: [] }));
  const child = spawn(findNodeBinary(ROOT), [join(ROOT, "local/storage/serve.ts")], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      DATA_DIR: join(folder, "data"),
      IDENTITIES: identities,
      ISSUER_URL: NOBODY,
      PROCESSOR_URL: NOBODY,
      PUSH_MIN_BACKOFF_MS: "60000",
      PUSH_MAX_BACKOFF_MS: "60000",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const died = once(child, "exit").then(([code]) => {
    throw new Error(`Cannot start the local storage: it ended with ${code}`);
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), died]);
  died.catch(() => undefined);
  const { url } = JSON.parse(line) as { url: string }; // the listening line
  const signer = await importHmacSigner(KEY);
  const faults = `${url}/_local/faults`;
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
      await fetch(faults, { method: "DELETE" });
      for (const fault of wanted) await postJson(faults, fault);
    },
    async faultsLeft() {
      const answer = await (await fetch(faults)).json() as { faults: LocalFault[] }; // documented at GET /_local
      return answer.faults.reduce((sum, { times }) => sum + times, 0);
    },
    stop: () => stop(child, folder),
  };
}

async function postJson(url: string, value: unknown): Promise<void> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(value) });
  if (!response.ok) throw new Error(`POST ${url}: ${await response.text()}`);
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}
