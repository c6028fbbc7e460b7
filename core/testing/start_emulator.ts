import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Line, startProgram } from "./start_program.ts";

/** An emulator of the local cloud in a process of its own, on a free port. */
export interface Emulator {
  readonly url: string;
  /** The JSON lines that it has logged so far. */
  readonly lines: readonly Line[];
  /** Calls a local control (`GET /_local` documents them) and returns the JSON of its response; throws where it is refused. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Ends the process and removes its folder; resolves with the exit code, or the signal's name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Neither tokens nor messages find anybody, and what was not delivered is not tried again soon. */
const ALONE = {
  ISSUER_URL: "http://127.0.0.1:9",
  PROCESSOR_URL: "http://127.0.0.1:9",
  KEEPER_URL: "http://127.0.0.1:9",
  PUBSUB_URL: "http://127.0.0.1:9",
  BIGQUERY_URL: "http://127.0.0.1:9",
  PUSH_MIN_BACKOFF_MS: "60000",
  PUSH_MAX_BACKOFF_MS: "60000",
};

/** Starts an emulator alone, with a fresh folder; `DATA_DIR` names one that stays. */
export async function startEmulator(
  part: "oidc" | "storage" | "pubsub" | "bigquery" | "edge",
  env: Readonly<Record<string, string>> = {},
): Promise<Emulator> {
  const folder = await mkdtemp(join(tmpdir(), `tintype-${part}-`));
  const base = { PORT: "0", DATA_DIR: join(folder, "data"), ...ALONE };
  const program = startProgram([`local/${part}/serve.ts`], { ...base, ...env });
  const stop = async (signal: NodeJS.Signals = "SIGKILL") => {
    const code = await program.kill(signal);
    await rm(folder, { recursive: true, force: true });
    return code;
  };
  const { url } = await program.line("listening").catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    url: String(url),
    lines: program.lines,
    async control(method, path, body) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${url}${path}`, { method, ...sent });
      const text = await response.text();
      assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
      return text === "" ? undefined : JSON.parse(text);
    },
    stop,
  };
}
