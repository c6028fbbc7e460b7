/** The bridge as a process, against a real Apache Kafka broker and the local storage: delivery, admission, connections. */
import assert from "node:assert/strict";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { recordOfManifest } from "@tintype/core/model/image_record";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { sampleManifest } from "@tintype/core/testing/sample_manifest";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { CERTIFICATE_TESTS } from "./testing/certificate_tests.ts";
import { eventually } from "@tintype/core/testing/eventually";
import { type Program } from "@tintype/core/testing/start_program";
import { COMMAND_TESTS } from "./testing/command_tests.ts";
import {
  describeOnKafka,
  md5Of,
  metricOf,
  picturesOf,
  readinessOf,
  SLOW_UPLOADS,
} from "./testing/describe_on_kafka.ts";
import { chunkHeaders } from "./testing/fake_ports.ts";
import { RESULTS_SUBSCRIPTION } from "./testing/records_topic.ts";
import { KAFKAJS_TESTS } from "./testing/kafkajs_tests.ts";
import { TOPIC_TESTS } from "./testing/topic_tests.ts";

const MIB = 1024 * 1024;
const MECHANISMS = ["scram-sha-512", "plain", "oauthbearer"] as const;
const GIF_HEAD = new TextEncoder().encode("GIF89a, and what a plan without it need not see");

/** Waits until a bridge holds bytes that it has not stored. */
async function uploading(bridge: Program): Promise<void> {
  const series = "tintype_bridge_in_flight_bytes";
  await eventually("uploads", async () => (await metricOf(bridge, series) ?? 0) > 0);
}

async function healthOf(bridge: Program) {
  const { url } = await bridge.line("listening");
  const response = await fetch(`${url}/healthz`);
  return { status: response.status, text: await response.text() };
}

describeOnKafka("the bridge on a real broker", {
  async "makes every record an object or a dead letter that says why"(cloud, topics) {
    const before = (await cloud.names()).length;
    await topics.setLimits({ allowedTypes: ["image/png", "image/jpeg"] }, { results: true });
    await topics.createResultsTopic();
    const otherType = { "content-type": "text/plain", "subject": "ada", "ref": "order-4711" };
    const good = [
      ...(await topics.send(picturesOf(44))),
      ...(await topics.send(picturesOf(4), otherType)),
    ];
    const refused = [
      ...(await topics.send([NOT_AN_IMAGE, NOT_AN_IMAGE, NOT_AN_IMAGE, NOT_AN_IMAGE])),
      ...(await topics.send(Array(4).fill(GIF_HEAD))),
      ...(await topics.send(picturesOf(4), { "content-type": "image/png" })),
    ];
    const bridge = topics.startBridge({ RESULTS_SUBSCRIPTION });
    assert.equal(await readinessOf(bridge), "ready");
    await topics.caughtUp();
    assert.equal(await topics.stored(good), 48);
    assert.equal((await cloud.names()).length, before + 48);
    const [last] = good.slice(-1);
    assert.ok(last !== undefined);
    const metadata = await cloud.metadataOf(await topics.nameOf(last));
    assert.deepEqual(metadata, {
      source: "kafka",
      size: String(PNG_PIXEL.length),
      ref: "order-4711",
      origin: `${topics.topic}/${last.partition}/${last.offset}`,
    });
    const letters = await topics.deadLetters(12);
    assert.deepEqual(
      letters.map(({ reason }) => reason).sort(),
      ["missing_subject", "not_an_image", "unsupported_type"].flatMap((code) =>
        Array(4).fill(code)
      ),
    );
    assert.deepEqual(
      letters.map(({ origin }) => origin).sort(),
      refused.map(({ partition, offset }) => `${topics.topic}/${partition}/${offset}`).sort(),
    );
    assert.deepEqual(
      (await topics.refusals()).map(({ row, attributes }) => [attributes["origin"], row["reason"]])
        .sort(),
      letters.map(({ origin, reason }) => [origin, reason]).sort(),
    );
    const origin = metadata["origin"];
    for (const ref of [sampleRef(last.timestampMs), await topics.refOf(last)]) {
      const manifest = sampleManifest(ref, { origin, ref: "order-4711" });
      const facts = { ref, manifest, generation: "1", contentKey: undefined };
      await cloud.records.publish(await recordOfManifest(portableHashing, facts));
    }
    const results = await topics.results(13);
    const ready = results.find(({ key }) => String(key) === origin);
    assert.equal(JSON.parse(String(ready?.value)).image_id, (await topics.refOf(last)).imageId);
    const { type, ref } = ready?.headers ?? {};
    assert.deepEqual([String(type), String(ref)], ["image.ready", "order-4711"]);
    assert.deepEqual(
      results.map(({ key }) => String(key)).sort(),
      [...letters.map(({ origin }) => origin), origin].sort(),
      "each refusal and the image, but no other image of its origin",
    );
    await eventually(
      "a refused record",
      async () => await metricOf(bridge, 'tintype_bridge_results_total{outcome="foreign"}') === 1,
    );
    const letter = letters.find(({ reason }) => reason === "not_an_image");
    assert.equal(letter?.record.value?.byteLength, NOT_AN_IMAGE.length);
    assert.match(String(letter?.record.key), /^k\d+$/);
    assert.equal(letter?.headers.get("__connect.errors.stage"), "TASK_PUT");
    assert.match(letter?.message ?? "", /^Cannot take these/);
    assert.equal(letter?.headers.get("content-type"), "image/png");
    assert.equal(await bridge.kill("SIGTERM"), 0);
    assert.doesNotMatch(JSON.stringify(bridge.lines), /\bada\b/, "no subject in any line");
  },

  async "keeps records of a topic that no tenant has, and takes them when one does"(cloud, topics) {
    const before = (await cloud.names()).length;
    await topics.disown();
    const bridge = topics.startBridge();
    const sent = await topics.send(picturesOf(8));
    const line = await bridge.line("topic_without_tenant");
    assert.equal(line["topic"], topics.topic);
    await bridge.line("record_held_up");
    assert.equal(await readinessOf(bridge), "tenants");
    assert.ok([...(await topics.committed()).values()].every((offset) => offset < 0n));
    assert.equal(await bridge.kill("SIGTERM"), 0);
    assert.equal(bridge.lines.filter(({ event }) => event === "topic_without_tenant").length, 1);
    assert.equal((await cloud.names()).length, before);
    await topics.setLimits({});
    const next = topics.startBridge();
    await topics.caughtUp();
    assert.equal(await readinessOf(next), "ready");
    assert.equal(await topics.stored(sent), 8);
    assert.deepEqual(await topics.lettersNow(), []);
    assert.equal(await next.kill("SIGTERM"), 0);
  },

  async "on SIGTERM commits what is durable and leaves the group"(cloud, topics) {
    await cloud.fault(SLOW_UPLOADS);
    const sent = await topics.send(picturesOf(400));
    const bridge = topics.startBridge();
    await eventually("some objects", async () => await topics.stored(sent) >= 64);
    const startedMs = performance.now();
    assert.equal(await bridge.kill("SIGTERM"), 0);
    assert.ok(performance.now() - startedMs < 10_000);
    await cloud.clearFaults();
    const stored = await topics.stored(sent);
    const committed = await topics.committed();
    const behind = sent.filter(({ partition, offset }) =>
      BigInt(offset) < (committed.get(partition) ?? -1n)
    );
    assert.ok(stored < 400, `in the middle: ${stored} of 400`);
    assert.equal(behind.length, stored, "exactly what is durable is committed");
    assert.equal(await topics.stored(behind), behind.length);
    const { groups } = await cloud.admin.describeGroups([topics.group]);
    assert.equal(groups[0]?.state, "Empty");
  },

  async "takes records larger than a fetch"(_cloud, topics) {
    const large = new Uint8Array(20 * MIB);
    large.set(PNG_PIXEL);
    const sent = await topics.send([large]);
    const bridge = topics.startBridge();
    await topics.caughtUp();
    assert.equal(await topics.stored(sent), 1);
    await bridge.kill("SIGTERM");
  },

  async "ends within 25 s of SIGTERM though uploads hang"(cloud, topics) {
    await cloud.fault({ ...SLOW_UPLOADS, action: { delayMs: 60_000 } });
    const sent = await topics.send(picturesOf(8));
    const bridge = topics.startBridge({ STALL_TIMEOUT_MS: "4000" });
    await uploading(bridge);
    assert.equal((await healthOf(bridge)).status, 200);
    await eventually("no health", async () => (await healthOf(bridge)).status === 503);
    assert.match((await healthOf(bridge)).text, /^no progress for \d+ s/);
    const startedMs = performance.now();
    assert.equal(await bridge.kill("SIGTERM"), 0);
    assert.ok(performance.now() - startedMs < 25_000);
    const { groups } = await cloud.admin.describeGroups([topics.group]);
    assert.equal(groups[0]?.state, "Empty");
    await cloud.clearFaults();
    const next = topics.startBridge();
    await topics.caughtUp();
    assert.equal(await topics.stored(sent), 8);
    assert.equal(await next.kill("SIGTERM"), 0);
  },

  async "talks TLS and SASL by SCRAM, PLAIN and OAUTHBEARER with its rights alone"(cloud, topics) {
    await topics.createRedriveTopic();
    // The rights that docs/kafka_providers.md lists; who has some about a thing has no others about it.
    await cloud.allow("topic", topics.topic, ["read", "describeConfigs"]);
    for (const topic of [`${topics.topic}.redrive`, topics.deadLetterTopic]) {
      await cloud.allow("topic", topic, ["read", "write", "describeConfigs"]);
    }
    await cloud.allow("group", topics.group, ["read"]);
    for (const [index, KAFKA_SASL_MECHANISM] of MECHANISMS.entries()) {
      const isOauth = KAFKA_SASL_MECHANISM === "oauthbearer";
      const tokens = { KAFKA_OAUTH_TOKEN_URL: cloud.oauth.url };
      const mechanism = { KAFKA_SASL_MECHANISM, ...isOauth ? tokens : {} };
      const bridge = topics.startBridge({ ...cloud.secure, ...mechanism });
      const sent = await topics.send([...picturesOf(7), NOT_AN_IMAGE]);
      await topics.caughtUp();
      assert.equal(await topics.stored(sent), 7);
      assert.equal((await topics.deadLetters(1 + index)).length, 1 + index);
      const { url } = await bridge.line("listening");
      const body = JSON.stringify({ reasons: ["not_an_image"], dryRun: true });
      const headers = { "Content-Type": "application/json" };
      const job = await fetch(`${url}/jobs/redrive`, { method: "POST", headers, body });
      assert.match(await job.text(), new RegExp(`"sent":${1 + index},"failed":0`));
      assert.equal(await bridge.kill("SIGTERM"), 0);
      const said = `${JSON.stringify(bridge.lines)} ${bridge.errors()}`;
      assert.ok(!said.includes(cloud.secure["KAFKA_SASL_PASSWORD"] ?? "?"));
    }
    assert.equal(cloud.oauth.issued(), 3, "one token for each of its clients");
  },

  async "ends with 1 where it and the broker do not know each other"(cloud, topics) {
    const wrong = topics.startBridge({ ...cloud.secure, KAFKA_SASL_PASSWORD: "another secret" });
    const { KAFKA_TLS_CA: _ca, ...distrusting } = cloud.secure;
    const strange = topics.startBridge({ ...distrusting, KAFKA_START_TIMEOUT_MS: "1000" });
    const noClient = topics.startBridge({
      ...cloud.secure,
      KAFKA_SASL_MECHANISM: "oauthbearer",
      KAFKA_OAUTH_TOKEN_URL: cloud.oauth.url,
      KAFKA_SASL_PASSWORD: "another secret",
      KAFKA_START_TIMEOUT_MS: "1000",
    });
    assert.equal(await noClient.ended, 1);
    assert.match(String(noClient.lines.at(-1)?.["text"]), /access token from .*: invalid_client/);
    assert.equal(await wrong.ended, 1);
    assert.match(String(wrong.lines.at(-1)?.["text"]), /authentication failed/i);
    assert.ok(!JSON.stringify(wrong.lines).includes("another secret"));
    assert.equal(await strange.ended, 1);
    assert.match(String(strange.lines.at(-1)?.["text"]), /certificate/);
  },

  async "assembles chunk sets after a kill, but incomplete ones"(cloud, topics) {
    const before = (await cloud.names()).length;
    const parts = [Buffer.concat([PNG_PIXEL, Buffer.alloc(600_000)]), Buffer.alloc(500_000, 1)];
    const last = Buffer.alloc(300_000, 2);
    const send = async (id: string, index: number, value: Buffer) =>
      (await topics.send([value], chunkHeaders(id, index, 3), 1))[0];
    const first = await send("whole", 0, parts[0] ?? last);
    // Each piece is under way for long enough to be seen.
    await cloud.fault({ ...SLOW_UPLOADS, match: { method: "PUT", path: "^/upload/" } });
    const killed = topics.startBridge();
    await killed.line("listening");
    await send("whole", 1, parts[1] ?? last);
    const orphan = await send("torn", 0, parts[0] ?? last);
    await uploading(killed);
    await killed.kill("SIGKILL");
    await cloud.clearFaults();
    assert.ok(first !== undefined && orphan !== undefined);
    const name = await topics.nameOf(first);
    assert.equal(await topics.stored([first]), 0);
    const bridge = topics.startBridge({ CHUNK_SILENCE_MS: "1000" });
    await send("whole", 2, last);
    await topics.caughtUp();
    assert.equal((await cloud.objects()).get(name), md5Of(...parts, last));
    assert.equal((await cloud.names()).length, before + 1);
    const letters = await topics.lettersNow();
    assert.deepEqual(letters.map(({ origin, reason }) => [origin, reason]), [
      [`${topics.topic}/1/${orphan.offset}`, "incomplete_chunks"],
    ]);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  },

  ...CERTIFICATE_TESTS,
  ...COMMAND_TESTS,
  ...KAFKAJS_TESTS,
  ...TOPIC_TESTS,
});
