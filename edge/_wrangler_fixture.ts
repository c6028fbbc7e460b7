import process from "node:process";

/** The environment in which tests run wrangler: quiet, offline, and with nothing of the machine's but programs. */
export function wranglerEnv(folder: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_LOG_PATH: folder,
  };
}
