/**
 * The road under trouble: `parts` finds and kills the processes of a running system, `faults` is the table of what can go
 * wrong, `scenario` sends pictures while it does, `verify` holds what is there against what was sent.
 */
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { PORTS, URLS } from "@tintype/local/start/local_names";
import { descendantsOf, type Process } from "../_processes.ts";
import { waitUntil } from "../_wait.ts";

/** What can be killed, and how that shows. */
interface VictimFacts {
  /** How its processes are known. */
  readonly commandLine: RegExp;
  /** Where it says that it is well again. */
  readonly health: string;
}

const LISTENS = `entry=127\\.0\\.0\\.1:${PORTS.edge}\\b`;

/** What can be killed. */
export const VICTIMS = {
  processor: { commandLine: /processor\/main\.ts$/, health: `${URLS.processor}/healthz` },
  pixels: { commandLine: /pixels\/pixel_process\.ts\b/, health: `${URLS.processor}/healthz` },
  // The development server runs two: one that listens, and one behind it that runs the worker.
  edge: {
    commandLine: new RegExp(`\\bworkerd serve\\b(?!.*${LISTENS})`),
    health: `${URLS.edge}/healthz`,
  },
  "edge-listener": {
    commandLine: new RegExp(`\\bworkerd serve\\b.*${LISTENS}`),
    health: `${URLS.edge}/healthz`,
  },
  bridge: { commandLine: /kafka-bridge\/main\.ts$/, health: `${URLS.bridge}/readyz` },
  storage: {
    commandLine: /local\/storage\/serve\.ts$/,
    health: `${URLS.storage}/healthz`,
  },
  pubsub: {
    commandLine: /local\/pubsub\/serve\.ts$/,
    health: `${URLS.pubsub}/healthz`,
  },
  bigquery: {
    commandLine: /local\/bigquery\/serve\.ts$/,
    health: `${URLS.bigquery}/healthz`,
  },
  // Without its broker the bridge is not ready, so its health is the broker's too.
  broker: { commandLine: /\bkafka\.Kafka\b/, health: `${URLS.bridge}/readyz` },
} as const satisfies Record<string, VictimFacts>;

/** The name of what can be killed. */
export type Victim = keyof typeof VICTIMS;

const APPEAR_MS = 30_000;
const BACK_MS = 90_000;
const HEALTH_POLL_MS = 100;

/** The living processes of victims below `root`. */
export function processesOf(root: number, victims: readonly Victim[]): Process[] {
  return descendantsOf(root).filter(({ commandLine }) =>
    victims.some((victim) => VICTIMS[victim].commandLine.test(commandLine))
  );
}

/**
 * Kills the victim's youngest process (SIGKILL), waiting for it to be there, and resolves when another has taken its place and is well.
 * Throws Error where that does not happen in time.
 */
export async function killPart(root: number, victim: Victim): Promise<void> {
  const look = () => processesOf(root, [victim]).map(({ pid }) => pid);
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
