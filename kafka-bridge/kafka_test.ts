/** The bridge as a process, against a real Apache Kafka broker and the local storage: delivery, admission, connections. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { certificateTests } from "./testing/certificate_tests.ts";
import { eventually } from "@tintype/core/testing/eventually";
import { type Program } from "@tintype/core/testing/start_program";
import { commandTests } from "./testing/command_tests.ts";
import {
  describeOnKafka,
  md5Of,
  metricOf,
  picturesOf,
  readinessOf,
  SLOW_UPLOADS,
} from "./testing/describe_on_kafka.ts";
import { chunkHeaders } from "./testing/fake_ports.ts";
import { kafkajsContractTests } from "./testing/kafkajs_contract_tests.ts";

const MIB = 1024 * 1024;

/** Waits until a bridge holds bytes that it has not stored. */
async function uploading(bridge: Program): Promise<void> {
  const series = "tintype_bridge_in_flight_bytes";
  await eventually("uploads", async () => (await metricOf(bridge, series) ?? 0) > 0);
}

describeOnKafka("the bridge on a real broker", (kafkaTest) => {
  kafkaTest("makes every record an object or a dead letter that says why", async (cloud, lane) => {
    const before = (await cloud.names()).length;
    const good = await lane.send(picturesOf(48));
    const wrongType = { "content-type": "text/plain", "subject": "ada" };
    const refused = [
      ...(await lane.send([NOT_AN_IMAGE, NOT_AN_IMAGE, NOT_AN_IMAGE, NOT_AN_IMAGE])),
      ...(await lane.send(picturesOf(4), wrongType)),
      ...(await lane.send(picturesOf(4), { "content-type": "image/png" })),
    ];
    const bridge = lane.startBridge();
    assert.equal(await readinessOf(bridge), "ready");
    await lane.caughtUp();
    assert.equal(await lane.stored(good), 48);
    assert.equal((await cloud.names()).length, before + 48);
    const letters = await lane.deadLetters(12);
    assert.deepEqual(
      letters.map(({ reason }) => reason).sort(),
      ["missing_subject", "not_an_image", "unsupported_type"].flatMap((code) =>
        Array(4).fill(code)
      ),
    );
    assert.deepEqual(
      letters.map(({ origin }) => origin).sort(),
      refused.map(({ partition, offset }) => `${lane.topic}/${partition}/${offset}`).sort(),
    );
    const letter = letters.find(({ reason }) => reason === "not_an_image");
    assert.equal(letter?.record.value?.byteLength, NOT_AN_IMAGE.length);
    assert.match(String(letter?.record.key), /^k\d+$/);
    assert.equal(letter?.headers.get("__connect.errors.stage"), "TASK_PUT");
    assert.match(letter?.message ?? "", /^Cannot take these/);
    assert.equal(letter?.headers.get("content-type"), "image/png");
    assert.equal(await bridge.kill("SIGTERM"), 0);
    assert.ok(!JSON.stringify(bridge.lines).includes("ada"), "no subject in any line");
  });

  kafkaTest("killed in the middle it loses and doubles nothing", async (cloud, lane) => {
    const before = (await cloud.names()).length;
    await cloud.fault(SLOW_UPLOADS);
    const sent = await lane.send(picturesOf(200));
    const first = lane.startBridge();
    await eventually("some objects", async () => await lane.stored(sent) >= 70);
    await first.kill("SIGKILL");
    const held = await lane.stored(sent);
    assert.ok(held < 200, `killed in the middle: ${held} of 200`);
    await cloud.clearFaults();
    const second = lane.startBridge();
    await lane.caughtUp();
    assert.equal(await lane.stored(sent), 200);
    assert.equal((await cloud.names()).length, before + 200);
    await second.kill("SIGTERM");
  });

  kafkaTest("on SIGTERM commits what is durable and leaves the group", async (cloud, lane) => {
    await cloud.fault(SLOW_UPLOADS);
    const sent = await lane.send(picturesOf(400));
    const bridge = lane.startBridge();
    await eventually("some objects", async () => await lane.stored(sent) >= 64);
    const startedMs = performance.now();
    assert.equal(await bridge.kill("SIGTERM"), 0);
    assert.ok(performance.now() - startedMs < 10_000);
    await cloud.clearFaults();
    const stored = await lane.stored(sent);
    const committed = await lane.committed();
    const behind = sent.filter(({ partition, offset }) =>
      BigInt(offset) < (committed.get(partition) ?? -1n)
    );
    assert.ok(stored < 400, `in the middle: ${stored} of 400`);
    assert.equal(behind.length, stored, "exactly what is durable is committed");
    assert.equal(await lane.stored(behind), behind.length);
    const { groups } = await cloud.admin.describeGroups([lane.group]);
    assert.equal(groups[0]?.state, "Empty");
  });

  kafkaTest("takes records larger than a fetch, or than a dead letter", async (_cloud, lane) => {
    const large = new Uint8Array(20 * MIB);
    large.set(PNG_PIXEL);
    const [sent] = await lane.send([large]);
    await lane.configure(lane.deadLetterTopic, { "max.message.bytes": "2000" });
    const [refused] = await lane.send([new Uint8Array(2_000)]);
    assert.ok(sent !== undefined && refused !== undefined);
    const bridge = lane.startBridge();
    await lane.caughtUp();
    assert.equal(await lane.stored([sent]), 1);
    const [letter] = await lane.deadLetters(1);
    assert.equal(letter?.origin, `${lane.topic}/0/${refused.offset}`);
    assert.equal(letter?.reason, "not_an_image");
    assert.equal(letter?.isValueOmitted, true);
    await bridge.kill("SIGTERM");
  });

  kafkaTest("refuses a topic whose timestamps are a producer's", async (_cloud, lane) => {
    await lane.configure(lane.topic, { "message.timestamp.type": "CreateTime" });
    const bridge = lane.startBridge();
    assert.equal(await bridge.ended, 1);
    assert.match(String(bridge.lines.at(-1)?.["text"]), /must be LogAppendTime/);
  });

  kafkaTest("ends within 25 s of SIGTERM though uploads hang", async (cloud, lane) => {
    await cloud.fault({ ...SLOW_UPLOADS, action: { delayMs: 60_000 } });
    const sent = await lane.send(picturesOf(8));
    const bridge = lane.startBridge();
    await uploading(bridge);
    const startedMs = performance.now();
    assert.equal(await bridge.kill("SIGTERM"), 0);
    assert.ok(performance.now() - startedMs < 25_000);
    const { groups } = await cloud.admin.describeGroups([lane.group]);
    assert.equal(groups[0]?.state, "Empty");
    await cloud.clearFaults();
    const next = lane.startBridge();
    await lane.caughtUp();
    assert.equal(await lane.stored(sent), 8);
    assert.equal(await next.kill("SIGTERM"), 0);
  });

  kafkaTest("talks TLS and SASL/SCRAM, and needs no more than its rights", async (cloud, lane) => {
    await lane.createRedriveTopic();
    // The rights that docs/operations.md lists; who has some about a thing has no others about it.
    for (const topic of [lane.topic, `${lane.topic}.redrive`]) {
      await cloud.allow("topic", topic, ["read", "describeConfigs"]);
    }
    await cloud.allow("topic", lane.deadLetterTopic, ["write"]);
    await cloud.allow("group", lane.group, ["read"]);
    const bridge = lane.startBridge(cloud.secure);
    const sent = await lane.send([...picturesOf(7), NOT_AN_IMAGE]);
    await lane.caughtUp();
    assert.equal(await lane.stored(sent), 7);
    assert.equal((await lane.deadLetters(1)).length, 1);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  });

  kafkaTest("ends with 1 where it and the broker do not know each other", async (cloud, lane) => {
    const wrong = lane.startBridge({ ...cloud.secure, KAFKA_SASL_PASSWORD: "another secret" });
    const { KAFKA_TLS_CA: _ca, ...distrusting } = cloud.secure;
    const strange = lane.startBridge({ ...distrusting, KAFKA_START_TIMEOUT_MS: "1000" });
    assert.equal(await wrong.ended, 1);
    assert.match(String(wrong.lines.at(-1)?.["text"]), /authentication failed/i);
    assert.ok(!JSON.stringify(wrong.lines).includes("another secret"));
    assert.equal(await strange.ended, 1);
    assert.match(String(strange.lines.at(-1)?.["text"]), /certificate/);
  });

  kafkaTest("assembles chunk sets after a kill, but incomplete ones", async (cloud, lane) => {
    const before = (await cloud.names()).length;
    const parts = [Buffer.concat([PNG_PIXEL, Buffer.alloc(600_000)]), Buffer.alloc(500_000, 1)];
    const last = Buffer.alloc(300_000, 2);
    const send = async (id: string, index: number, value: Buffer) =>
      (await lane.send([value], chunkHeaders(id, index, 3), 1))[0];
    const first = await send("whole", 0, parts[0] ?? last);
    // Each piece is under way for long enough to be seen.
    await cloud.fault({ ...SLOW_UPLOADS, match: { method: "PUT", path: "^/upload/" } });
    const killed = lane.startBridge();
    await killed.line("listening");
    await send("whole", 1, parts[1] ?? last);
    const orphan = await send("torn", 0, parts[0] ?? last);
    await uploading(killed);
    await killed.kill("SIGKILL");
    await cloud.clearFaults();
    assert.ok(first !== undefined && orphan !== undefined);
    const name = await lane.nameOf(first);
    assert.equal(await lane.stored([first]), 0);
    const bridge = lane.startBridge({ CHUNK_SILENCE_MS: "1000" });
    await send("whole", 2, last);
    await lane.caughtUp();
    assert.equal((await cloud.objects()).get(name), md5Of(...parts, last));
    assert.equal((await cloud.names()).length, before + 1);
    const letters = await lane.lettersNow();
    assert.deepEqual(letters.map(({ origin, reason }) => [origin, reason]), [
      [`${lane.topic}/1/${orphan.offset}`, "incomplete_chunks"],
    ]);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  });

  kafkaTest("talks SASL/PLAIN, and tells no secret", async (cloud, lane) => {
    const bridge = lane.startBridge({ ...cloud.secure, KAFKA_SASL_MECHANISM: "plain" });
    const [sent] = await lane.send([PNG_PIXEL]);
    await lane.caughtUp();
    assert.ok(sent !== undefined);
    assert.equal(await lane.stored([sent]), 1);
    assert.equal(await bridge.kill("SIGTERM"), 0);
    const said = `${JSON.stringify(bridge.lines)} ${bridge.errors()}`;
    assert.ok(!said.includes(cloud.secure["KAFKA_SASL_PASSWORD"] ?? "?"));
  });

  describe("its certificates", () => certificateTests(kafkaTest));
  describe("its commands", () => commandTests(kafkaTest));
  describe("kafkajs behind its ports", () => kafkajsContractTests(kafkaTest));
});
