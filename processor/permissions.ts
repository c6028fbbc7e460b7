/**
 * What the services of the image may do, as flags of `deno run`: reach their own cloud, listen, read their own variables;
 * the processor starts its pixel processes. None reads or writes a file or loads native code: pixel processes do.
 */
import { PROCESSOR_VARS } from "./env.ts";
import { KEEPER_VARS } from "./keeper_env.ts";
import { DENO_CACHE_NAMES } from "./pixels/deno_cache.ts";
import { WEBHOOKS_VARS } from "./webhooks_env.ts";

/** The services of the image. */
export type Service = "processor" | "keeper" | "webhooks";

/** What differs from one machine to another. */
export interface PermissionOptions {
  /** The Deno binary, which the pixel processes are started with. */
  readonly denoPath: string;
  /** Hosts, with or without a port, that the service connects to and listens on. */
  readonly hosts: readonly string[];
}

/** The hosts of a service whose cloud is on the same machine. */
export const LOCAL_HOSTS = ["localhost", "127.0.0.1"] as const;

/** The hosts of a service on Cloud Run: where it listens, Google's APIs, keys and metadata server. */
export const GOOGLE_HOSTS = [
  "0.0.0.0:8080",
  "storage.googleapis.com",
  "bigquery.googleapis.com",
  "pubsub.googleapis.com",
  "www.googleapis.com",
  "169.254.169.254",
  "metadata.google.internal.",
] as const;

/** The keeper's: metrics too, and itself, whose name Terraform puts in the place of the last. */
export const KEEPER_HOSTS = [
  ...GOOGLE_HOSTS,
  "monitoring.googleapis.com",
  "logging.googleapis.com",
  "keeper.invalid",
] as const;

/** By these Google's clients know that they run on Google's machines, and where its metadata server is. */
const GOOGLE_ENV = ["K_SERVICE", "GCE_METADATA_HOST"] as const;

const VARS = {
  processor: PROCESSOR_VARS,
  keeper: KEEPER_VARS,
  webhooks: WEBHOOKS_VARS,
} as const;

/** The flags before `processor/main.ts`, `processor/keeper.ts` and `processor/webhooks.ts`. */
export function denoFlags(service: Service, { denoPath, hosts }: PermissionOptions): string[] {
  const names = Object.keys(VARS[service].shape);
  return [
    "--no-prompt",
    "--cached-only",
    // Tenants name the hosts of webhooks; the sender checks each address that it connects to.
    service === "webhooks" ? "--allow-net" : `--allow-net=${hosts.join(",")}`,
    ...(service === "processor" ? [`--allow-run=${denoPath}`] : []),
    `--allow-env=${[...names, ...DENO_CACHE_NAMES, ...GOOGLE_ENV].join(",")}`,
    // Clients look for settings in dozens of variables and files: they find none.
    "--ignore-env",
    "--ignore-read",
    // node:https asks for the system's certificates.
    "--allow-sys=ca",
  ];
}
