import { setTimeout as sleep } from "node:timers/promises";
import { URLS } from "../_cloud.ts";
import {
  addFault as addEmulatorFault,
  clearFaults as clearEmulatorFaults,
  type Fault as EmulatorFault,
  postJson,
} from "../_emulator.ts";
import type { Victim } from "./parts.ts";
import { setPush as configurePush } from "../_push.ts";
import { untilAnswered } from "./stores.ts";
import type { TroubledSystem } from "./troubled_system.ts";

/** How hard a fault is. */
export interface Weather {
  /** How long a part that answers 503 does so, in milliseconds. */
  readonly outageMs: number;
}

/** One thing that can go wrong. What it leaves set in a stand-in is taken back by {@link liftFaults}. */
export interface Fault {
  readonly name: string;
  /** Whether it begins before the first picture, or while pictures are under way. */
  readonly from: "start" | "middle";
  /** What dies of it. */
  readonly victim?: Victim;
  /** The retention that its system must run with, where seven days are too long to wait for what mends it. */
  readonly retention?: string;
  /** Makes it happen; resolves when it is over, or set. */
  readonly run: (system: TroubledSystem, weather: Weather) => Promise<void>;
  /** Mends what nothing else mends, once every picture was taken at its door. */
  readonly mend?: () => Promise<void>;
}

const UNENDING = 1_000_000;
/** More than a shortened policy's `reconcileAfterMs`, 21 s of two hours. */
const RECONCILE_AFTER_MS = 23_000;
const KILLS: readonly Victim[] = [
  "processor",
  "pixels",
  "edge",
  "edge-listener",
  "bridge",
  "storage",
  "pubsub",
  "bigquery",
  "broker",
];

/** All faults. */
export const FAULTS: readonly Fault[] = [
  ...KILLS.map(killOf),
  {
    name: "warehouse-503",
    from: "middle",
    run: async (_, { outageMs }) => {
      await addFault(URLS.bigquery, { times: UNENDING, action: { status: 503 } });
      await sleep(outageMs);
      await clearFaults(URLS.bigquery);
    },
  },
  {
    name: "storage-503",
    from: "start",
    run: () => addFault(URLS.storage, { times: UNENDING, every: 5, action: { status: 503 } }),
  },
  {
    name: "storage-drops-replies",
    from: "start",
    run: () => addFault(URLS.storage, { times: UNENDING, every: 5, action: { dropReply: true } }),
  },
  {
    name: "warehouse-drops-replies",
    from: "start",
    run: () => addFault(URLS.bigquery, { times: UNENDING, every: 2, action: { dropReply: true } }),
  },
  { name: "events-tripled", from: "start", run: () => setPush({ duplicate: 2, shuffle: true }) },
  {
    name: "events-lost",
    from: "middle",
    retention: "2h",
    run: () => setPush({ drop: 10 }),
    mend: async () => {
      await setPush({ drop: 0 });
      await sleep(RECONCILE_AFTER_MS);
      await untilAnswered(() => postJson(`${URLS.storage}/_local/scheduler`, { job: "reconcile" }));
    },
  },
];

/** Takes back whatever faults left set. */
export async function liftFaults(): Promise<void> {
  await clearFaults(URLS.storage);
  await clearFaults(URLS.bigquery);
  await setPush({ duplicate: 0, shuffle: false, drop: 0 });
}

function killOf(victim: Victim): Fault {
  return {
    name: `kill-${victim}`,
    from: "middle",
    victim,
    run: (system) => system.kill(victim),
  };
}

/** An emulator that was killed meanwhile is asked again. */
async function addFault(url: string, fault: EmulatorFault): Promise<void> {
  await untilAnswered(() => addEmulatorFault(url, fault));
}

async function clearFaults(url: string): Promise<void> {
  await untilAnswered(() => clearEmulatorFaults(url));
}

async function setPush(settings: object): Promise<void> {
  await untilAnswered(() => configurePush(settings));
}
