import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@tintype/core/seeded_random";
import { type Fault, liftFaults } from "./faults.ts";
import { untilAllWell } from "./parts.ts";
import type { Picture } from "./pictures.ts";
import { type Sending, type SendOptions, sendThroughEdge, sendThroughKafka } from "./senders.ts";
import { listObjects, pushCounts, recordCounts } from "./stores.ts";
import type { Source, TroubledSystem } from "./troubled_system.ts";
import { countDead, type Verdict, verify } from "./verify.ts";

/** What to do to a system. */
export interface Scenario {
  /** One fault, or several that come upon it together. */
  readonly faults: readonly Fault[];
  /** Pictures that go through each source. */
  readonly pictures: readonly Picture[];
  /** How long a part that answers 503 does so, in milliseconds. */
  readonly outageMs: number;
  readonly random: Random;
}

const SENDERS: Readonly<Record<Source, typeof sendThroughEdge>> = {
  edge: sendThroughEdge,
  kafka: sendThroughKafka,
};
const EARLIEST_SHARE = 0.2;
const LATEST_SHARE = 0.6;
/** How far apart the faults of a pair may begin, in milliseconds. */
const APART_MS = 1_500;
const SETTLE_MS = 240_000;
const POLL_MS = 500;

/**
 * Sends pictures through every source of the system, lets the faults happen meanwhile, waits for the end, and looks.
 * Throws Error where a part does not come back, or the system ends; such a system is of no more use.
 */
export async function runScenario(system: TroubledSystem, scenario: Scenario): Promise<Verdict> {
  const ending = new AbortController();
  try {
    return await Promise.race([liveThrough(system, scenario, ending.signal), system.over]);
  } finally {
    ending.abort(new Error("the scenario is over"));
  }
}

async function liveThrough(
  system: TroubledSystem,
  { faults, pictures, outageMs, random }: Scenario,
  signal: AbortSignal,
): Promise<Verdict> {
  const deadBefore = await countDead(system);
  const total = pictures.length * system.sources.length;
  const share = EARLIEST_SHARE + random() * (LATEST_SHARE - EARLIEST_SHARE);
  const middle = Promise.withResolvers<void>();
  let taken = 0;
  const onTaken = () => {
    if (++taken >= total * share) middle.resolve();
  };
  try {
    for (const fault of faults) if (fault.from === "start") await fault.run(outageMs);
    const trouble = Promise.all(
      faults.filter(({ from }) => from === "middle").map(async (fault) => {
        const delayMs = faults.length > 1 ? random() * APART_MS : 0;
        await middle.promise;
        await sleep(delayMs);
        await fault.run(outageMs);
      }),
    );
    trouble.catch(() => undefined); // thrown where it is awaited
    const sending = await send(system.sources, pictures, { onTaken, signal });
    middle.resolve();
    await trouble;
    for (const { repair } of faults) await repair?.();
    await settle(system, sending);
    await liftFaults();
    await untilAllWell(system.sources);
    return await verify(system, sending, deadBefore);
  } catch (error) {
    middle.resolve();
    await liftFaults().catch(() => undefined); // What came first says more.
    for (const { name } of await listObjects("raw")) system.known.add(name);
    throw error;
  }
}

async function send(
  sources: readonly Source[],
  pictures: readonly Picture[],
  options: SendOptions,
): Promise<Sending> {
  const parts = await Promise.all(sources.map((source) => SENDERS[source](pictures, options)));
  return {
    sent: parts.flatMap(({ sent }) => sent),
    refused: parts.flatMap(({ refused }) => refused),
    unsure: new Set(parts.flatMap(({ unsure }) => [...unsure])),
  };
}

/** Waits until every picture is in the bucket and no message is left; what is not through by then is lost. */
async function settle({ receiver }: TroubledSystem, { sent }: Sending): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  const haveEvents = () => sent.every(({ imageId }) => receiver.idsOf(imageId).length > 0);
  while (Date.now() < deadline && !(await isSettled(sent) && haveEvents())) await sleep(POLL_MS);
}

async function isSettled(sent: Sending["sent"]): Promise<boolean> {
  const { queued, delivering } = await pushCounts();
  if (queued + delivering > 0) return false;
  const held = new Set((await listObjects("raw")).map(({ name }) => name.split("/").at(-1)));
  if (!sent.every(({ imageId }) => held.has(imageId))) return false;
  // An object that came after the first look brought a message of its own.
  const after = await pushCounts();
  if (after.queued + after.delivering > 0) return false;
  // A record is published before its event is acknowledged.
  const records = await recordCounts();
  return records.queued + records.delivering === 0;
}
