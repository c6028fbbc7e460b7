import { setTimeout as sleep } from "node:timers/promises";
import { URLS } from "../_cloud.ts";
import * as emulator from "../_emulator.ts";
import * as push from "../_push.ts";
import { killPart, VICTIM_NAMES } from "./parts.ts";
import { patient } from "./stores.ts";

/** One thing that can go wrong. What it leaves set in an emulator is taken back by {@link liftFaults}. */
export interface Fault {
  readonly name: string;
  /** Whether it begins before the first picture, or while pictures are under way. */
  readonly from: "start" | "middle";
  /** Whether it needs a system where repair comes soon (`DRILL_RETENTION`), which fixes it. */
  readonly isAlone?: true;
  /** Makes it happen, where it lasts for so long; resolves when it is over, or set. */
  readonly run: (outageMs: number) => Promise<void>;
  /** Repairs what nothing else repairs, once every picture was taken by its source. */
  readonly repair?: () => Promise<void>;
}

// An emulator that was killed meanwhile is asked again.
const addFault = patient(emulator.addFault);
const clearFaults = patient(emulator.clearFaults);
const setPush = patient(push.setPush);
const UNENDING = 1_000_000;

/** What happens to each so-many-th request of an emulator. */
const SPORADIC = [
  ["storage", "503", 5, { status: 503 }],
  ["storage", "drops-replies", 5, { dropReply: true }],
  ["bigquery", "drops-replies", 2, { dropReply: true }],
] as const;

/** All faults. */
export const FAULTS: readonly Fault[] = [
  ...VICTIM_NAMES.map((victim): Fault => ({
    name: `kill-${victim}`,
    from: "middle",
    run: () => killPart(victim),
  })),
  {
    name: "bigquery-503",
    from: "middle",
    run: async (outageMs) => {
      await addFault(URLS.bigquery, { times: UNENDING, action: { status: 503 } });
      await sleep(outageMs);
      await clearFaults(URLS.bigquery);
    },
  },
  ...SPORADIC.map(([part, what, every, action]): Fault => ({
    name: `${part}-${what}`,
    from: "start",
    run: () => addFault(URLS[part], { times: UNENDING, every, action }),
  })),
  { name: "events-tripled", from: "start", run: () => setPush({ duplicate: 2, shuffle: true }) },
  {
    name: "events-lost",
    from: "middle",
    isAlone: true,
    run: () => setPush({ drop: 10 }),
    repair: async () => {
      await setPush({ drop: 0 });
      await push.repairAll();
    },
  },
];

/** Takes back whatever faults left set. */
export async function liftFaults(): Promise<void> {
  await clearFaults(URLS.storage);
  await clearFaults(URLS.bigquery);
  await setPush({ duplicate: 0, shuffle: false, drop: 0 });
}
