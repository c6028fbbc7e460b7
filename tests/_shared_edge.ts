/** For `--test-global-setup`: one edge for all files of a run, which `openEdge` finds. */
import process from "node:process";
import { SHARED_EDGE, startEdge } from "./_edge.ts";

let edge: Awaited<ReturnType<typeof startEdge>>;

/** Starts the edge before the first file. */
export async function globalSetup(): Promise<void> {
  edge = await startEdge();
  process.env[SHARED_EDGE] = JSON.stringify(edge);
}

/** Ends it after the last file. */
export async function globalTeardown(): Promise<void> {
  await edge.stop();
}
