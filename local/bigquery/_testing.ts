import { BigQuery } from "@google-cloud/bigquery";
import { PassThroughClient } from "google-auth-library";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SERVE = fileURLToPath(new URL("serve.ts", import.meta.url));

/** A warehouse in a process of its own, on a port of its own. */
export interface RunningWarehouse {
  readonly url: string;
  readonly bigquery: BigQuery;
  readonly process: ChildProcess;
  /** Sends the signal and waits for the exit, at once where it has ended; resolves with the exit code, null where a signal ended it. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
  /** Asks a local control. */
  control(method: string, path: string, body?: unknown): Promise<Response>;
}

/** Makes a folder for a test. */
export function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tintype-warehouse-"));
}

/** Removes a test's folder. */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

/** Starts a warehouse on a folder and waits for its line. */
export async function startWarehouse(folder: string): Promise<RunningWarehouse> {
  const env = { PORT: "0", DATA_DIR: folder };
  const child = spawn(process.execPath, [SERVE], { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(() => {
      throw new Error("The warehouse ended before it listened");
    }),
  ]);
  const { url }: { url: string } = JSON.parse(String(line));
  const client = new BigQuery({
    projectId: "tintype-local",
    apiEndpoint: url,
    authClient: new PassThroughClient(),
  });
  const exited = once(child, "exit");
  return {
    url,
    bigquery: client,
    process: child,
    async stop(signal) {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
    control: (method, path, body) =>
      fetch(url + path, { method, ...body !== undefined && { body: JSON.stringify(body) } }),
  };
}

/** Yesterday, as `yyyy-mm-dd`: views show the last 8 days. */
export const SAMPLE_DAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

/** T0 of every row of a test. */
export const SAMPLE_T0 = `${SAMPLE_DAY}T10:00:00.123Z`;

/** A row of `tintype.images` with its required columns. */
export function imageRow(imageId: string, more: Record<string, unknown> = {}) {
  return {
    image_id: imageId,
    tenant: "acme",
    owner: "abcdefghijklmnopqrst",
    source: "edge",
    t0: SAMPLE_T0,
    status: "ready",
    processed_at: `${SAMPLE_DAY}T10:00:05Z`,
    ...more,
  };
}

/** Streams rows in as the processor does: raw, with an insertId, never retried in part. */
export function insertRows(bigquery: BigQuery, rows: readonly Record<string, unknown>[]) {
  const raw = rows.map((json) => ({ insertId: crypto.randomUUID(), json }));
  return bigquery.dataset("tintype").table("images").insert(raw, { raw: true, partialRetries: 0 });
}
