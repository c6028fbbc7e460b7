import process from "node:process";

/** What a program of this machine's Node needs: programs by name, and compiled code where the caller keeps it. */
function nodeEnv(): Record<string, string> {
  const { PATH = "", NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) };
}

/** The environment in which tests run wrangler: quiet, offline, and with nothing of the machine's but programs. */
export function wranglerEnv(folder: string): Record<string, string> {
  return {
    ...nodeEnv(),
    HOME: folder,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_LOG_PATH: folder,
  };
}
