/**
 * The road under trouble: `parts` finds and kills the processes of a running system, `faults` is the table of what can go
 * wrong, `scenario` sends pictures while it does, `verify` holds what is there against what was sent.
 */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../_wait.ts";

/** What can be killed, and how that shows. */
interface VictimFacts {
  /** How its processes are known. */
  readonly commandLine: RegExp;
  /** Where it says that it is well again. */
  readonly health: string;
}

/** What can be killed. */
export const VICTIMS = {
  processor: { commandLine: /processor\/main\.ts$/, health: "http://localhost:8080/healthz" },
  pixels: { commandLine: /pixels\/pixel_process\.ts\b/, health: "http://localhost:8080/healthz" },
  // The development server runs two: one that listens, and one behind it that runs the worker.
  edge: {
    commandLine: /\bworkerd serve\b(?!.*entry=127\.0\.0\.1:8787\b)/,
    health: "http://localhost:8787/healthz",
  },
  "edge-listener": {
    commandLine: /\bworkerd serve\b.*entry=127\.0\.0\.1:8787\b/,
    health: "http://localhost:8787/healthz",
  },
  bridge: { commandLine: /kafka-bridge\/main\.ts$/, health: "http://localhost:8081/readyz" },
  storage: {
    commandLine: /local\/storage\/serve\.ts$/,
    health: "http://localhost:9023/healthz",
  },
  bigquery: {
    commandLine: /local\/bigquery\/serve\.ts$/,
    health: "http://localhost:9050/healthz",
  },
  // Without its broker the bridge is not ready, so its health is the broker's too.
  broker: { commandLine: /\bkafka\.Kafka\b/, health: "http://localhost:8081/readyz" },
} as const satisfies Record<string, VictimFacts>;

/** The name of what can be killed. */
export type Victim = keyof typeof VICTIMS;

/** A process and what it was started as. */
export interface Process {
  readonly pid: number;
  readonly commandLine: string;
}

const APPEAR_MS = 30_000;
const BACK_MS = 90_000;
const HEALTH_POLL_MS = 100;

/** Every living process that the process `root` started, and those that they started. */
export function descendantsOf(root: number): Process[] {
  const table = processTable();
  const pids = [root];
  for (const parent of pids) {
    pids.push(...table.filter(({ ppid }) => ppid === parent).map(({ pid }) => pid));
  }
  return table.filter(({ pid }) => pid !== root && pids.includes(pid));
}

/** The living processes of a victim below `root`. */
export function processesOf(root: number, victim: Victim): Process[] {
  return descendantsOf(root).filter(({ commandLine }) =>
    VICTIMS[victim].commandLine.test(commandLine)
  );
}

/**
 * Kills the victim's youngest process (SIGKILL), waiting for it to be there, and resolves when another has taken its place and is well.
 * Throws Error where that does not happen in time.
 */
export async function killPart(root: number, victim: Victim): Promise<void> {
  const look = () => processesOf(root, victim).map(({ pid }) => pid);
  let before: readonly number[] = [];
  await waitUntil(`a process of ${victim}`, () => (before = look()).length > 0, APPEAR_MS);
  process.kill(before.at(-1) ?? 0, "SIGKILL");
  const isReplaced = () => look().some((pid) => !before.includes(pid));
  await waitUntil(`another process of ${victim}`, isReplaced, BACK_MS);
  await untilWell(victim);
}

/** Resolves when the part answers its health check; throws Error where it does not in time. */
export async function untilWell(victim: Victim): Promise<void> {
  await waitUntil(`${victim} to be well`, async () => {
    if (await isWell(VICTIMS[victim].health)) return true;
    await sleep(HEALTH_POLL_MS);
    return false;
  }, BACK_MS);
}

async function isWell(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function processTable() {
  const columns = ["-A", "-ww", "-o", "pid=,ppid=,stat=,args="];
  const text = execFileSync("ps", columns, { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
  return text.trimEnd().split("\n").flatMap((line) => {
    const [pid, ppid, stat = "", ...args] = line.trim().split(/\s+/);
    if (stat.startsWith("Z")) return [];
    return [{ pid: Number(pid), ppid: Number(ppid), commandLine: args.join(" ") }];
  });
}
