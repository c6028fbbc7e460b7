import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A part of the local cloud in a process of its own, on a port of its own. */
export interface StandIn {
  readonly url: string;
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}

const ROOT = new URL("../../", import.meta.url);
const NODE = fileURLToPath(new URL("node_modules/.bin/node", ROOT));

/** Why a stand-in cannot be started here, or undefined where it can: for a test's `skip`. */
export function missingStandIn(room: string): string | undefined {
  if (!existsSync(NODE)) return "node_modules/.bin/node is not there";
  if (!existsSync(serveOf(room))) return `local/${room}/serve.ts is not there`;
  return undefined;
}

/** Starts a stand-in on a fresh folder and waits until it listens; throws Error with what it said where it does not. */
export async function startStandIn(
  room: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StandIn> {
  const folder = await mkdtemp(join(tmpdir(), `tintype-${room}-`));
  const child = new Deno.Command(NODE, {
    args: [serveOf(room)],
    env: { PORT: "0", DATA_DIR: folder, LOG: "json", ...env },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const stop = async () => {
    try {
      child.kill("SIGKILL"); // nothing of it is kept, so nothing is waited for
    } catch {
      // It has ended by itself.
    }
    await child.status;
    await rm(folder, { recursive: true, force: true });
  };
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = await firstLine(lines);
  if (!line.includes('"listening"')) {
    await stop();
    throw new Error(`Cannot start ${room} as it said: ${line || "nothing"}`);
  }
  return { url: new URL(String(JSON.parse(line).url)).origin, stop };
}

function serveOf(room: string): string {
  return fileURLToPath(new URL(`local/${room}/serve.ts`, ROOT));
}

/** Reads on after the first line, as a pipe that nobody reads would hold the process up. */
export async function firstLine(reader: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += value;
  }
  void drain(reader);
  return text.slice(0, text.indexOf("\n"));
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}
