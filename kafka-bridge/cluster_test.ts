/** The bridge on three real brokers: it takes what Kafka's own client sends, and goes on without one of them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { eventually } from "@tintype/core/testing/eventually";
import { type Program } from "@tintype/core/testing/start_program";
import { describeOnCluster } from "./testing/cluster.ts";
import {
  md5Of,
  metricOf,
  picturesOf,
  readinessOf,
  SLOW_UPLOADS,
} from "./testing/describe_on_kafka.ts";
import type { Sent } from "./testing/test_topics.ts";

const run = promisify(execFile);
const PRODUCE = fileURLToPath(new URL("./testing/Produce.java", import.meta.url));
const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
const PRODUCED_MS = 120_000;
const RECORDS = 1_000;
const RECOVERED_MS = 30_000;

describeOnCluster("the bridge on a cluster", {
  async "stores what Kafka's own client compresses, by any codec"(cluster, topics) {
    // Larger than a block of snappy's or LZ4's framing, and half of it compressible.
    const bytes = Buffer.concat([PNG_PIXEL, Buffer.alloc(50_000), randomBytes(50_000)]);
    const folder = await topics.folderWith({ "a.png": bytes });
    const bridge = topics.startBridge();
    const args = [cluster.brokers, topics.topic, join(folder, "a.png"), "8", ...CODECS];
    const java = ["-cp", join(cluster.libs, "*"), PRODUCE, ...args];
    const { stdout } = await run("java", java, { timeout: PRODUCED_MS });
    const sent = stdout.trim().split("\n").map((line): Sent => JSON.parse(line));
    assert.equal(sent.length, 8 * CODECS.length);
    await topics.caughtUp();
    const objects = await cluster.objects();
    const digest = md5Of(bytes);
    for (const place of sent) assert.equal(objects.get(await topics.nameOf(place)), digest);
    assert.deepEqual(await topics.lettersNow(), []);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  async "commits within 30 s of its coordinator's death"(cluster, topics) {
    const before = (await cluster.names()).length;
    await cluster.fault(SLOW_UPLOADS);
    const sent = await topics.send(picturesOf(RECORDS));
    // Production's: a shorter one would end the former membership sooner.
    const bridge = topics.startBridge({ KAFKA_SESSION_TIMEOUT_MS: "10000" });
    await eventually("some commits", async () => await commitsOf(bridge) > 4);
    const coordinator = await cluster.coordinatorOf(topics.group);
    await cluster.kill(coordinator, "SIGKILL");
    const commits = await commitsOf(bridge);
    const stored = await topics.stored(sent);
    assert.ok(stored < RECORDS, `in the middle of the load: ${stored} of ${RECORDS}`);
    await eventually(
      "the next commit",
      async () => await commitsOf(bridge) > commits,
      RECOVERED_MS,
    );
    await cluster.clearFaults();
    await topics.send([NOT_AN_IMAGE]);
    await topics.caughtUp();
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

/** How many commits of a bridge Kafka has taken. */
async function commitsOf(bridge: Program): Promise<number> {
  return await metricOf(bridge, 'tintype_bridge_commits_total{outcome="taken"}') ?? 0;
}
