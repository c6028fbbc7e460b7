/**
 * The pipeline under trouble: `parts` finds and kills the processes of a running system, `faults` is the table of what can go
 * wrong, `scenario` sends pictures while it does, `verify` holds what is there against what was sent.
 */
import process from "node:process";
import { eventually } from "@tintype/core/testing/eventually";
import { URLS } from "@tintype/local/start/local_names";
import { descendantsOf, type Process } from "../_processes.ts";
import type { Door } from "./troubled_system.ts";

/** What can be killed, and how that shows. */
interface VictimFacts {
  /** How its processes are known. */
  readonly commandLine: RegExp;
  /** Where it says that it is well again. */
  readonly health: string;
}

/** What can be killed. */
const VICTIMS = {
  processor: { commandLine: /processor\/main\.ts$/, health: `${URLS.processor}/healthz` },
  keeper: { commandLine: /processor\/keeper\.ts$/, health: `${URLS.keeper}/healthz` },
  webhooks: { commandLine: /processor\/webhooks\.ts$/, health: `${URLS.webhooks}/healthz` },
  pixels: { commandLine: /pixels\/pixel_process\.ts\b/, health: `${URLS.processor}/healthz` },
  edge: { commandLine: /\bworkerd serve\b/, health: `${URLS.edge}/healthz` },
  // What runs workerd, and ends with it.
  "edge-runner": { commandLine: /local\/edge\/serve\.ts$/, health: `${URLS.edge}/healthz` },
  bridge: { commandLine: /kafka-bridge\/main\.ts$/, health: `${URLS.bridge}/readyz` },
  storage: { commandLine: /local\/storage\/serve\.ts$/, health: `${URLS.storage}/healthz` },
  pubsub: { commandLine: /local\/pubsub\/serve\.ts$/, health: `${URLS.pubsub}/healthz` },
  bigquery: { commandLine: /local\/bigquery\/serve\.ts$/, health: `${URLS.bigquery}/healthz` },
  // Without its broker the bridge is not ready, so its health is the broker's too.
  broker: { commandLine: /\bkafka\.Kafka\b/, health: `${URLS.bridge}/readyz` },
} as const satisfies Record<string, VictimFacts>;

/** The name of what can be killed. */
type Victim = keyof typeof VICTIMS;

/** The names of what can be killed. */
export const VICTIM_NAMES = Object.keys(VICTIMS) as readonly Victim[]; // keys of a literal

const OF_KAFKA: ReadonlySet<Victim> = new Set(["bridge", "broker"]);
const APPEAR_MS = 30_000;
const BACK_MS = 90_000;

/** The living processes of victims below `root`. */
function processesOf(root: number, victims: readonly Victim[]): Process[] {
  return descendantsOf(root).filter(({ commandLine }) =>
    victims.some((victim) => VICTIMS[victim].commandLine.test(commandLine))
  );
}

/**
 * Kills the youngest process of the victim that this process has started (SIGKILL), waiting for it to be there, and resolves when another has taken its place and is well.
 * Throws Error where that does not happen in time.
 */
export async function killPart(victim: Victim): Promise<void> {
  const look = () => processesOf(process.pid, [victim]).map(({ pid }) => pid);
  const found = () => look().length > 0 && look();
  const before = await eventually(`a process of ${victim}`, found, APPEAR_MS);
  process.kill(before.at(-1) ?? 0, "SIGKILL");
  const isReplaced = () => look().some((pid) => !before.includes(pid));
  await eventually(`another process of ${victim}`, isReplaced, BACK_MS);
  await untilWell(victim);
}

/** Resolves when every part of a system with these doors is well; throws Error where one is not in time. */
export async function untilAllWell(doors: readonly Door[]): Promise<void> {
  const there = VICTIM_NAMES.filter((one) => doors.includes("kafka") || !OF_KAFKA.has(one));
  await Promise.all(there.map(untilWell));
}

async function untilWell(victim: Victim): Promise<void> {
  await eventually(`${victim} to be well`, () => isWell(VICTIMS[victim].health), BACK_MS);
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
