/**
 * Webhooks of one tenant beside those of four others: how long it takes from a record on the topic to its webhook at the
 * receiver while the others' endpoints take everything at once, and while one hangs, one fails and one is slow. The
 * fourth gets five times as many all the time, so that both runs have the same work on the same two cores.
 */
import { erasedRecord } from "@tintype/core/model/image_record";
import { parseTenant } from "@tintype/core/model/tenant";
import { imageEventSchema } from "@tintype/core/model/webhook_event";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { pubsubRecords } from "@tintype/processor/adapters/pubsub_publisher";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { startSystem } from "../road/system.ts";
import { atMost, quantile, type Suite, table } from "../suite.ts";

const PUBSUB = "http://localhost:9085";
const SECONDS = 30;
const GOOD = "good";
/** What each endpoint does with a request, and how many records a second its tenant has. */
const ENDPOINTS = {
  [GOOD]: { respond: () => 204, perSecond: 10 },
  hanging: { respond: () => sleep(60_000, 204), perSecond: 10 },
  failing: { respond: () => 503, perSecond: 10 },
  slow: { respond: () => sleep(2_000, 204), perSecond: 10 },
  flooding: { respond: () => 204, perSecond: 50 },
} as const;
/** Pub/Sub's own window and backoff. */
const ENV = {
  PUSH_CONCURRENCY: "3000",
  PUSH_MIN_BACKOFF_MS: "10000",
  PUSH_MAX_BACKOFF_MS: "600000",
};

type EndpointName = keyof typeof ENDPOINTS;
const NAMES = Object.keys(ENDPOINTS) as EndpointName[]; // keys of a const table

/** What others' endpoints do to one's own. */
export const webhooksSuite: Suite = {
  name: "webhooks",
  about: "a webhook's time beside endpoints that hang, fail, are slow or flooded",
  async run({ root, print }) {
    await using temp = await mkdtempDisposable(join(tmpdir(), "tintype-bench-"));
    const arrivals = new Map<string, number>();
    let areWell = true;
    const receivers = await startReceivers(arrivals, () => areWell);
    const tenants = join(temp.path, "tenants");
    await mkdir(tenants);
    for (const [name, { url }] of Object.entries(receivers)) {
      const object = { webhooks: [{ id: "bench", url }] };
      await writeFile(join(tenants, `${name}.json`), JSON.stringify(object));
    }
    const firstPicture = join(temp.path, "first.jpg");
    await sharp({ create: { width: 320, height: 240, channels: 3, background: "teal" } })
      .toFile(firstPicture);
    const args = ["--doors", "edge", "--tenants", tenants];
    const system = await startSystem(root, { scratch: temp.path, firstPicture, args, env: ENV });
    try {
      await publishAll([GOOD], arrivals); // warms up
      const before = await publishAll(NAMES, arrivals);
      areWell = false;
      const during = await publishAll(NAMES, arrivals);
      const row = (name: string, ms: readonly number[]) => [
        name,
        ms.length,
        ...[0.5, 0.95, 0.99].map((share) => quantile(ms, share).toFixed(0)),
      ];
      print(table(["ms to the receiver", "webhooks", "p50", "p95", "p99"], [
        row("all endpoints well", before),
        row("three of the others not", during),
      ]));
      return [
        atMost(0, "lost", 2 * SECONDS * ENDPOINTS[GOOD].perSecond - before.length - during.length),
        atMost(1.2, "p99_of_before", quantile(during, 0.99) / quantile(before, 0.99)),
      ];
    } finally {
      await system.stop();
      for (const { close } of Object.values(receivers)) close();
    }
  },
};

async function startReceivers(arrivals: Map<string, number>, areWell: () => boolean) {
  const started = Object.entries(ENDPOINTS).map(async ([name, { respond }]) => {
    const server = createServer(async (request, response) => {
      const { data } = imageEventSchema.parse(JSON.parse(await text(request)));
      if (!arrivals.has(data.event_id)) arrivals.set(data.event_id, performance.now());
      response.writeHead(areWell() ? 204 : await respond()).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const close = () => {
      server.close();
      server.closeAllConnections();
    };
    return [name, { url: `http://127.0.0.1:${port}/`, close }] as const;
  });
  return Object.fromEntries(await Promise.all(started));
}

/** Publishes records of these tenants at their rates; returns the milliseconds of those of the good one that came. */
async function publishAll(
  names: readonly EndpointName[],
  arrivals: ReadonlyMap<string, number>,
): Promise<number[]> {
  const records = pubsubRecords(
    { projectId: "tintype-local", endpoint: PUBSUB },
    "tintype-images",
  );
  const sent = new Map<string, number>();
  const publish = async (name: EndpointName) => {
    const ref = { ...sampleRef(Date.now()), tenant: parseTenant(name) };
    const record = await erasedRecord(portableHashing, ref, { source: "edge" }, Date.now());
    if (name === GOOD) sent.set(record.attributes.event_id, performance.now());
    await records.publish(record);
  };
  await Promise.all(names.map(async (name) => {
    const { perSecond } = ENDPOINTS[name];
    const publishing: Promise<void>[] = [];
    for (let at = 0; at < SECONDS * perSecond; at++) {
      publishing.push(publish(name));
      await sleep(1_000 / perSecond);
    }
    await Promise.all(publishing);
  }));
  await sleep(5_000);
  return [...sent].flatMap(([id, sentMs]) => {
    const arrivedMs = arrivals.get(id);
    return arrivedMs === undefined ? [] : [arrivedMs - sentMs];
  });
}
