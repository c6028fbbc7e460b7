import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { useOf } from "../process_use.ts";

const run = promisify(execFile);

/** What is asked of a server, over and over. */
export interface Load {
  readonly url: string;
  readonly method: "GET" | "POST";
  /** Taken in turn, one a request. */
  readonly tokens: readonly string[];
  /** Sent as JSON. */
  readonly body?: string;
  readonly connections: number;
  readonly seconds: number;
  /** The server's process, whose CPU is counted. */
  readonly pid: number;
  /** Where files for `wrk` may lie. */
  readonly scratch: string;
}

/** How a server came through its load. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the server's process. */
  readonly cpuMsPerRequest: number;
}

let files = 0;

/** Loads a server by `wrk`; throws Error where it is not installed and where any answer was not 2xx or 3xx. */
export async function wrk(load: Load): Promise<LoadResult> {
  const script = join(load.scratch, `load_${files++}.lua`);
  await writeFile(`${script}.tokens`, load.tokens.join("\n"));
  await writeFile(script, luaOf(load, `${script}.tokens`));
  const cpuBefore = useOf(load.pid).cpuSeconds;
  const args = ["-t1", `-c${load.connections}`, `-d${load.seconds}s`, "--latency", "-s", script];
  const { stdout } = await run("wrk", [...args, load.url]).catch((error: { code?: unknown }) => {
    throw error.code === "ENOENT"
      ? new Error("Cannot load the edge as wrk is not there (Debian: apt-get install wrk)")
      : error;
  });
  const cpu = useOf(load.pid).cpuSeconds - cpuBefore;
  if (/Non-2xx|Socket errors/.test(stdout)) {
    throw new Error(`Cannot measure ${load.url}: ${stdout}`);
  }
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: milliseconds(/^\s+50%\s+(\S+)/m.exec(stdout)?.[1]),
    p99Ms: milliseconds(/^\s+99%\s+(\S+)/m.exec(stdout)?.[1]),
    cpuMsPerRequest: 1000 * cpu / requests,
  };
}

function luaOf({ method, body }: Load, tokenFile: string): string {
  return `
local tokens = {}
for line in io.lines(${JSON.stringify(tokenFile)}) do tokens[#tokens + 1] = "Bearer " .. line end
local at = 0
wrk.method = "${method}"
wrk.headers["CF-Connecting-IP"] = "203.0.113.7"
${
    body === undefined
      ? ""
      : `wrk.body = ${JSON.stringify(body)}\nwrk.headers["Content-Type"] = "application/json"`
  }
request = function()
  at = at % #tokens + 1
  wrk.headers["Authorization"] = tokens[at]
  return wrk.format()
end
`;
}

function milliseconds(text = ""): number {
  const [, number = "", unit = ""] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? [];
  return Number(number) * ({ us: 0.001, ms: 1, s: 1_000, m: 60_000 }[unit] ?? Number.NaN);
}
