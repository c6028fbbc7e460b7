/** The processor as a process with its own permissions only, for tests. */
import { denoCacheOf } from "../pixels/deno_cache.ts";
import { denoFlags, LOCAL_HOSTS } from "../permissions.ts";

/** The base address that tokens for that process name. */
export const PROCESS_AUDIENCE = "http://processor.test";

const ENV = {
  PORT: "0",
  RAW_BUCKET: "tintype-raw",
  PROCESSED_BUCKET: "tintype-processed",
  CERTIFICATES_BUCKET: "tintype-certificates",
  GOOGLE_CLOUD_PROJECT: "tintype-local",
  PUSH_AUDIENCE: PROCESS_AUDIENCE,
  PUSH_SERVICE_ACCOUNT: "push@tintype-local.iam.gserviceaccount.com",
  SCHEDULER_SERVICE_ACCOUNT: "scheduler@tintype-local.iam.gserviceaccount.com",
  PIXEL_PROCESSES: "1",
  NO_COLOR: "1",
};

/** Starts `main.ts` on a free port, with `env` on top of what every test gives it. */
export function spawnProcessor(env: Readonly<Record<string, string>>): Deno.ChildProcess {
  const denoPath = Deno.execPath();
  const main = new URL("../main.ts", import.meta.url).pathname;
  return new Deno.Command(denoPath, {
    args: ["run", ...denoFlags({ denoPath, hosts: LOCAL_HOSTS }), main],
    clearEnv: true,
    env: { ...denoCacheOf(Deno.env), ...ENV, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
