/** The services as processes with their own permissions only, for tests. */
import { denoCacheOf } from "../pixels/deno_cache.ts";
import { denoFlags, LOCAL_HOSTS, type Service } from "../permissions.ts";

/** The base address that tokens for such a process name. */
export const PROCESS_AUDIENCE = "http://processor.test";

const ENV = {
  PORT: "0",
  RAW_BUCKET: "tintype-raw",
  PROCESSED_BUCKET: "tintype-processed",
  ERASURES_BUCKET: "tintype-erasures",
  CERTIFICATES_BUCKET: "tintype-certificates",
  CONFIG_BUCKET: "tintype-config",
  GOOGLE_CLOUD_PROJECT: "tintype-local",
  AUDIENCE: PROCESS_AUDIENCE,
  PUSH_SERVICE_ACCOUNT: "push@tintype-local.iam.gserviceaccount.com",
  SCHEDULER_SERVICE_ACCOUNT: "scheduler@tintype-local.iam.gserviceaccount.com",
  KEEPER_SERVICE_ACCOUNT: "keeper@tintype-local.iam.gserviceaccount.com",
  PIXEL_PROCESSES: "1",
  NO_COLOR: "1",
};

/** Starts the processor on a free port, with `env` on top of what every test gives it. */
export function spawnProcessor(env: Readonly<Record<string, string>>): Deno.ChildProcess {
  return spawnService("processor", "main.ts", env);
}

/** Starts the keeper likewise. */
export function spawnKeeper(env: Readonly<Record<string, string>>): Deno.ChildProcess {
  return spawnService("keeper", "keeper.ts", env);
}

function spawnService(
  service: Service,
  file: string,
  env: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  const denoPath = Deno.execPath();
  const main = new URL(`../${file}`, import.meta.url).pathname;
  return new Deno.Command(denoPath, {
    args: ["run", ...denoFlags(service, { denoPath, hosts: LOCAL_HOSTS }), main],
    clearEnv: true,
    env: { ...denoCacheOf(Deno.env), ...ENV, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
