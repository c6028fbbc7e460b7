/**
 * Fair share on the running system, with Pub/Sub's own window and backoff: how fast others' images are ready before and
 * while one tenant's endless images hold every slot, how much of the processor a lone tenant uses, and how fast erasures are.
 */
import { slowLaneOf } from "@tintype/core/fairness/slow_lane";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { startSystem } from "../road/system.ts";
import {
  type Aim,
  atLeast,
  atMost,
  quantile,
  type Suite,
  type SuiteContext,
  table,
} from "../suite.ts";
import { POISON_WIDTH } from "./poison_pipeline.ts";
import { Senders, type Sent } from "./senders.ts";

const CULPRIT = "culprit";
const POISONED = 10_000;
/** Twenty others, the first of which shares the culprit's slow lane. */
const OTHERS = othersOf(20);
/** Each of the others sends an image in so many seconds; the greedy one ten times as many. */
const EVERY_S = 5;
const ROUNDS = 8;
const GREEDY = "greedy";
const AT_ONCE = 40;
const LONE_IMAGES = 240;
const ERASURES = 10;
const GIVE_UP_MS = 60_000;
const ENV = {
  PIPELINE: "bench/fairness/poison_pipeline.ts",
  PUSH_CONCURRENCY: "3000",
  PUSH_MIN_BACKOFF_MS: "10000",
  PUSH_MAX_BACKOFF_MS: "600000",
};

/** Fair share. */
export const fairnessSuite: Suite = {
  name: "fairness",
  about:
    "a tenant whose 10,000 images run into their deadline, one at ten times its rate, and twenty others",
  async run(context) {
    await using temp = await mkdtempDisposable(join(tmpdir(), "tintype-bench-"));
    const good = await jpeg(320);
    const firstPicture = join(temp.path, "first.jpg");
    await writeFile(firstPicture, good);
    const start = { scratch: temp.path, firstPicture, env: ENV, args: ["--doors", "edge"] };
    const system = await startSystem(context.root, start);
    const senders = new Senders();
    try {
      await senders.open();
      return await measureAll(context, senders, good);
    } finally {
      senders.close();
      await system.stop();
    }
  },
};

async function measureAll(
  { print }: SuiteContext,
  senders: Senders,
  good: Uint8Array<ArrayBuffer>,
): Promise<Aim[]> {
  await throughput(senders, good, OTHERS); // warms up, and widens the push window
  const spread = await throughput(senders, good, OTHERS);
  const lone = await throughput(senders, good, ["lone"]);
  print(
    `images/s, ${AT_ONCE} at once: ${spread.toFixed(1)} of twenty tenants, ${
      lone.toFixed(1)
    } of one\n`,
  );
  const before = await others(senders, good);
  const poisoned = await senders.flood(CULPRIT, await jpeg(POISON_WIDTH), POISONED);
  await untilTaken(senders);
  const greedy = sendEvery(senders, good, {
    tenants: [GREEDY],
    everyMs: 100 * EVERY_S,
    rounds: 10 * ROUNDS,
  });
  const during = await others(senders, good);
  await endsOf(await greedy);
  const images = await Promise.all(
    OTHERS.slice(0, ERASURES).map((tenant) => senders.upload(tenant, good)),
  );
  await endsOf(images);
  const erasedOthers = await erase(senders, images);
  const erasedCulprits = await erase(senders, poisoned.slice(-ERASURES));
  print(table(["ms", "images", "p50", "p95", "p99", "worst"], [
    row("ready, before", before),
    row(`ready, with ${POISONED} poisoned`, during),
    row("erased, others'", erasedOthers),
    row("erased, the culprit's", erasedCulprits),
  ]));
  return [
    atLeast(0.85, "lone_of_instance", lone / spread),
    atMost(1.2, "p99_of_before", quantile(during, 0.99) / quantile(before, 0.99)),
    atMost(1.2, "erasures_of_others", quantile(erasedCulprits, 0.5) / quantile(erasedOthers, 0.5)),
  ];
}

function row(name: string, ms: readonly number[]): (string | number)[] {
  return [name, ms.length, ...[0.5, 0.95, 0.99, 1].map((share) => quantile(ms, share))];
}

/** Images a second with so many under way all the time. */
async function throughput(
  senders: Senders,
  bytes: Uint8Array<ArrayBuffer>,
  tenants: readonly string[],
): Promise<number> {
  const startMs = performance.now();
  let left = LONE_IMAGES;
  await Promise.all(Array.from({ length: AT_ONCE }, async (_, at) => {
    const tenant = tenants[at % tenants.length] ?? "";
    while (left-- > 0) await (await senders.upload(tenant, bytes)).endedMs;
  }));
  return LONE_IMAGES / (performance.now() - startMs) * 1_000;
}

/** Milliseconds from accepted to ready of the twenty others' images. */
async function others(senders: Senders, bytes: Uint8Array<ArrayBuffer>): Promise<number[]> {
  const plan = { tenants: OTHERS, everyMs: 1_000 * EVERY_S, rounds: ROUNDS };
  const sent = await sendEvery(senders, bytes, plan);
  return await endsOf(sent);
}

/** When each ended; one that did not within a minute of the last counts as that. */
async function endsOf(sent: readonly Sent[]): Promise<number[]> {
  const over = sleep(GIVE_UP_MS);
  const given = ({ atMs, endedMs }: Sent) =>
    Promise.race([endedMs, over.then(() => Date.now() - atMs)]);
  return await Promise.all(sent.map(given));
}

/** Who sends how often. */
interface Plan {
  readonly tenants: readonly string[];
  readonly everyMs: number;
  readonly rounds: number;
}

/** Sends an image of each tenant in each round, evenly over it. */
async function sendEvery(
  senders: Senders,
  bytes: Uint8Array<ArrayBuffer>,
  { tenants, everyMs, rounds }: Plan,
): Promise<Sent[]> {
  const sending: Promise<Sent>[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const tenant of tenants) {
      sending.push(senders.upload(tenant, bytes));
      await sleep(everyMs / tenants.length);
    }
  }
  return await Promise.all(sending);
}

/** Waits until every event of the flood holds a slot, waits for one, or is in its slow lane. */
async function untilTaken(senders: Senders): Promise<void> {
  const untilMs = Date.now() + GIVE_UP_MS;
  while ((await senders.counts("tintype-events")).queued > 0 && Date.now() < untilMs) {
    await sleep(500);
  }
}

async function erase(senders: Senders, images: readonly Sent[]): Promise<number[]> {
  const requests = await Promise.all(images.map(({ ref }) => senders.erase(ref)));
  return await endsOf(requests);
}

async function jpeg(width: number): Promise<Uint8Array<ArrayBuffer>> {
  const create = { width, height: 240, channels: 3, background: "#3366cc" } as const;
  return new Uint8Array(await sharp({ create }).jpeg().toBuffer());
}

function othersOf(count: number): string[] {
  const names = Array.from({ length: 1_000 }, (_, at) => `other-${at}`);
  const isNear = (name: string) => slowLaneOf(name) === slowLaneOf(CULPRIT);
  return [...names.filter(isNear).slice(0, 1), ...names.filter((name) => !isNear(name))].slice(
    0,
    count,
  );
}
