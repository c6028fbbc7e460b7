import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findNodeBinary } from "../tools/node_binary.ts";

/** A stand-in of the local cloud, alone, in a process of its own. */
export interface StandIn {
  readonly url: string;
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NOBODY = "http://localhost:1";

/** Starts a stand-in on a free port with a fresh folder; its notifications find nobody. */
export async function startStandIn(room: "storage" | "bigquery"): Promise<StandIn> {
  const folder = await mkdtemp(join(tmpdir(), `tintype-${room}-`));
  const child = spawn(findNodeBinary(ROOT), [join(ROOT, `local/${room}/serve.ts`)], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      DATA_DIR: folder,
      ISSUER_URL: NOBODY,
      PROCESSOR_URL: NOBODY,
      PUSH_MIN_BACKOFF_MS: "60000",
      PUSH_MAX_BACKOFF_MS: "60000",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const died = once(child, "exit").then(([code]) => {
    throw new Error(`Cannot start the ${room}: it ended with ${code}`);
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), died]);
  died.catch(() => undefined);
  const { url } = JSON.parse(line) as { url: string }; // the listening line
  return { url, stop: () => stop(child, folder) };
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}
