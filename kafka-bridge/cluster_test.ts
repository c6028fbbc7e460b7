/**
 * The bridge on three real brokers: it takes what Kafka's own client sends, and goes on when brokers die, are replaced one
 * after another, or are silent; `SOAK_RECORDS` makes the first longer.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { eventually } from "@tintype/core/testing/eventually";
import { type Program } from "@tintype/core/testing/start_program";
import { type Cluster, describeOnCluster, NODE_IDS } from "./testing/cluster.ts";
import {
  md5Of,
  metricOf,
  picturesOf,
  readinessOf,
  SLOW_UPLOADS,
} from "./testing/describe_on_kafka.ts";
import type { Sent, TestTopics } from "./testing/test_topics.ts";

const run = promisify(execFile);
const PRODUCE = fileURLToPath(new URL("./testing/Produce.java", import.meta.url));
const PRODUCERS = ["none", "gzip", "snappy", "lz4", "zstd", "commit:zstd", "abort:snappy"] as const;
const SOAK_RECORDS = Number(process.env["SOAK_RECORDS"] ?? 0);
/** Without the soak as few as show every codec, a dead letter and a death. */
const RECORDS_OF_EACH = Math.ceil(SOAK_RECORDS / PRODUCERS.length) || 40;
/** As `Produce.java` has it. */
const NO_PICTURE_EVERY = 20;
const PRODUCED_S = SOAK_RECORDS > 0 ? 180 : 6;
/** A soak's records may outrun two cores: what counts is that they come to an end. */
const CATCH_UP_MS = SOAK_RECORDS > 0 ? 900_000 : 120_000;
const RECORDS = 1_000;
const RECOVERED_MS = 30_000;

/** A record that the Java producer sent. */
interface Produced extends Sent {
  readonly text: string;
  readonly isCommitted: boolean;
}

describeOnCluster("the bridge on a cluster", {
  async "stores or refuses once what Java producers commit while brokers die"(cluster, topics) {
    const expected = new Set<string>(await cluster.names());
    const before = expected.size;
    // Larger than a block of snappy's or LZ4's framing, and half of it compressible.
    const picture = Buffer.concat([PNG_PIXEL, Buffer.alloc(50_000), randomBytes(20_000)]);
    const bridge = topics.startBridge({ KAFKA_SESSION_TIMEOUT_MS: "10000" });
    await bridge.line("listening");
    const producing = produce(cluster, topics, picture);
    const isBegun = async () => (await cluster.names()).length > before;
    await eventually("the first objects", isBegun, CATCH_UP_MS);
    await Promise.all([producing, disturb(cluster, topics)]);
    const { produced, retries } = await producing;
    assert.equal(produced.length, RECORDS_OF_EACH * PRODUCERS.length);
    await topics.caughtUp(CATCH_UP_MS);
    const committed = produced.filter(({ isCommitted }) => isCommitted);
    const [refused, pictures] = [
      committed.filter(isRefused),
      committed.filter((r) => !isRefused(r)),
    ];
    const objects = await cluster.objects();
    for (const record of pictures) {
      const digest = md5Of(picture, Buffer.from(record.text));
      const name = await topics.nameOf(record);
      assert.equal(objects.get(name), digest, record.text);
      expected.add(name);
    }
    const others = [...objects.keys()].filter((name) => !expected.has(name));
    // Nothing that was aborted, and nothing twice; an object's metadata names its record.
    const found = await Promise.all(others.map((name) => cluster.metadataOf(name)));
    assert.deepEqual({ found, retries }, { found: [], retries });
    const letters = await topics.lettersNow();
    assert.deepEqual(
      [...new Set(letters.map(({ origin, reason }) => `${origin} ${reason}`))].sort(),
      refused.map(({ partition, offset }) => `${topics.topic}/${partition}/${offset} not_an_image`)
        .sort(),
    );
    for (const partition of [0, 1, 2, 3]) {
      const series = `tintype_bridge_lag_records{topic="${topics.topic}",partition="${partition}"}`;
      await eventually("no lag", async () => await metricOf(bridge, series) === 0);
    }
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "commits within 30 s of its coordinator's silence, and another starts"(cluster, topics) {
    const before = (await cluster.names()).length;
    await cluster.fault(SLOW_UPLOADS);
    const sent = await topics.send(picturesOf(RECORDS));
    // Production's: a shorter one would end the former membership sooner.
    const bridge = topics.startBridge({ KAFKA_SESSION_TIMEOUT_MS: "10000" });
    await eventually("some commits", async () => await commitsOf(bridge) > 4);
    const coordinator = await cluster.coordinatorOf(topics.group);
    cluster.freeze(coordinator);
    const commits = await commitsOf(bridge);
    const stored = await topics.stored(sent);
    assert.ok(stored < RECORDS, `in the middle of the load: ${stored} of ${RECORDS}`);
    await eventually(
      "the next commit",
      async () => await commitsOf(bridge) > commits,
      RECOVERED_MS,
    );
    await cluster.kill(coordinator, "SIGKILL");
    await cluster.clearFaults();
    await topics.send([NOT_AN_IMAGE]);
    await topics.caughtUp(CATCH_UP_MS);
    assert.equal(await topics.stored(sent), RECORDS);
    assert.equal((await cluster.names()).length, before + RECORDS);
    assert.equal((await topics.deadLetters(1)).length, 1);
    assert.equal(await readinessOf(bridge), "ready");
    // Another member starts, whichever broker of its list is the dead one.
    const brokers = cluster.brokers.split(",");
    const deadFirst = [...brokers.slice(coordinator - 1), ...brokers.slice(0, coordinator - 1)];
    const second = topics.startBridge({ KAFKA_BROKERS: deadFirst.join(",") });
    await second.line("listening");
    assert.equal(await second.kill("SIGTERM"), 0);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },
});

/** Runs the Java producer; resolves with what it sent, and which transactions it began again and why. */
async function produce(cluster: Cluster, { topic, folderWith }: TestTopics, picture: Uint8Array) {
  const file = join(await folderWith({ "a.png": picture }), "a.png");
  const size = [String(RECORDS_OF_EACH), String(PRODUCED_S)];
  const args = [PRODUCE, cluster.brokers, topic, file, ...size, ...PRODUCERS];
  const timeout = 3 * 1000 * PRODUCED_S + CATCH_UP_MS;
  const quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const java = [...quick, "-cp", join(cluster.libs, "*"), ...args];
  const { stdout, stderr: retries } = await run("java", java, { timeout, maxBuffer: 2 ** 26 });
  const produced = stdout.trim().split("\n").map((line): Produced => JSON.parse(line));
  return { produced, retries };
}

function isRefused({ text }: Produced): boolean {
  return Number(text.split("/").at(-1)) % NO_PICTURE_EVERY === NO_PICTURE_EVERY - 1;
}

/** The group's coordinator dies; in a soak every broker is restarted then, and the coordinator dies again. */
async function disturb(cluster: Cluster, { group }: TestTopics): Promise<void> {
  const restartCoordinator = async () =>
    await cluster.restart(await cluster.coordinatorOf(group), "SIGKILL");
  await restartCoordinator();
  if (SOAK_RECORDS === 0) return;
  for (const nodeId of NODE_IDS) await cluster.restart(nodeId, "SIGTERM");
  await restartCoordinator();
}

/** How many commits of a bridge Kafka has taken. */
async function commitsOf(bridge: Program): Promise<number> {
  return await metricOf(bridge, 'tintype_bridge_commits_total{outcome="taken"}') ?? 0;
}
