/**
 * What the processor may do, as flags of `deno run`: reach its own cloud, listen, start its pixel processes, read its
 * own variables. It reads and writes no file, and loads no native code: its pixel processes do.
 */
import { ENV_NAMES } from "./env.ts";
import { DENO_CACHE_NAMES } from "./pixels/deno_cache.ts";

/** What differs from one place to another. */
export interface PermissionOptions {
  /** The Deno binary, which the pixel processes are started with. */
  readonly denoPath: string;
  /** Hosts, with or without a port, that it connects to and listens on. */
  readonly hosts: readonly string[];
}

/** The hosts of a processor whose cloud is on the same machine. */
export const LOCAL_HOSTS = ["localhost", "127.0.0.1"] as const;

/** The hosts of a processor on Cloud Run: where it listens, Google's APIs, keys and metadata server. */
export const GOOGLE_HOSTS = [
  "0.0.0.0:8080",
  "storage.googleapis.com",
  "bigquery.googleapis.com",
  "www.googleapis.com",
  "169.254.169.254",
  "metadata.google.internal.",
] as const;

/** By these Google's clients know that they run on Google's machines, and where its metadata server is. */
const GOOGLE_ENV = ["K_SERVICE", "GCE_METADATA_HOST"] as const;

/** The flags before `processor/main.ts`. */
export function denoFlags({ denoPath, hosts }: PermissionOptions): string[] {
  return [
    "--no-prompt",
    "--cached-only",
    `--allow-net=${hosts.join(",")}`,
    `--allow-run=${denoPath}`,
    `--allow-env=${[...ENV_NAMES, ...DENO_CACHE_NAMES, ...GOOGLE_ENV].join(",")}`,
    // Clients look for settings in dozens of variables and files: they find none.
    "--ignore-env",
    "--ignore-read",
    // node:https asks for the system's certificates.
    "--allow-sys=ca",
  ];
}
