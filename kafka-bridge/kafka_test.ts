/** The bridge against a real Apache Kafka broker and the local storage. One broker serves every test of this file. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test, type TestContext } from "node:test";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { type Child, eventually, startChild } from "./_child_fixture.ts";
import { crashEverywhere } from "./_crash_campaign_fixture.ts";
import { type Cloud, type Lane, startCloud } from "./_cloud_fixture.ts";

const MIB = 1024 * 1024;
const SLOW_UPLOADS = { match: { path: "^/upload/" }, times: 100_000, action: { delayMs: 250 } };
const picturesOf = (count: number) => Array.from({ length: count }, () => PNG_PIXEL);

let cloud: Cloud | undefined;
let missing: string | undefined;

before(async () => {
  const started = await startCloud();
  if (typeof started === "string") missing = started;
  else cloud = started;
});
after(async () => {
  if (cloud !== undefined) assert.equal(await cloud.close(), 0, "the broker ends in order");
});

/** A test with topics of its own; skipped, with the reason, where there can be no broker, but not with `CI=true`. */
function kafkaTest(name: string, run: (cloud: Cloud, lane: Lane) => Promise<void>): void {
  test(name, async (t: TestContext) => {
    if (cloud === undefined) {
      assert.notEqual(process.env["CI"], "true", missing);
      return t.skip(missing ?? "no broker");
    }
    await run(cloud, await cloud.lane());
  });
}

function produce(cloud: Cloud, args: readonly string[]): Child {
  return startChild(["kafka-bridge/produce.ts", "--brokers", cloud.brokers, ...args]);
}

async function readiness(bridge: Child): Promise<string> {
  const { url } = await bridge.line("listening");
  return (await (await fetch(`${url}/readyz`)).text()).trim();
}

/** The names of this lane's objects among all. */
async function heldOf(cloud: Cloud, names: readonly string[]): Promise<string[]> {
  const all = new Set(await cloud.names());
  return names.filter((name) => all.has(name));
}

describe("the bridge on a real broker", () => {
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
    assert.equal(await readiness(bridge), "ready");
    await lane.caughtUp();
    const names = await Promise.all(good.map(lane.nameOf));
    assert.equal((await heldOf(cloud, names)).length, 48);
    assert.equal((await cloud.names()).length, before + 48);
    const letters = await lane.deadLetters(12);
    assert.deepEqual(
      letters.map(({ reason }) => reason).sort(),
      ["missing_subject", "not_an_image", "unsupported_type"].flatMap((code) =>
        Array.from({ length: 4 }, () => code)
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

  kafkaTest(
    "killed in the middle it starts again: none missing, none twice",
    async (cloud, lane) => {
      const before = (await cloud.names()).length;
      await cloud.fault(SLOW_UPLOADS);
      const names = await Promise.all((await lane.send(picturesOf(200))).map(lane.nameOf));
      const first = lane.startBridge();
      await eventually("some objects", async () => {
        return (await heldOf(cloud, names)).length >= 70 || undefined;
      });
      await first.kill("SIGKILL");
      const held = (await heldOf(cloud, names)).length;
      assert.ok(held < 200, `killed in the middle: ${held} of 200`);
      await cloud.clearFaults();
      const second = lane.startBridge();
      await lane.caughtUp();
      assert.equal((await heldOf(cloud, names)).length, 200);
      assert.equal((await cloud.names()).length, before + 200);
      await second.kill("SIGTERM");
    },
  );

  kafkaTest(
    "drains on SIGTERM: what is durable is committed, the group is left",
    async (cloud, lane) => {
      await cloud.fault(SLOW_UPLOADS);
      const sent = await lane.send(picturesOf(400));
      const bridge = lane.startBridge();
      const names = await Promise.all(sent.map(lane.nameOf));
      await eventually("some objects", async () => {
        return (await heldOf(cloud, names)).length >= 64 || undefined;
      });
      const startedMs = performance.now();
      assert.equal(await bridge.kill("SIGTERM"), 0);
      assert.ok(performance.now() - startedMs < 10_000);
      await cloud.clearFaults();
      const held = new Set(await heldOf(cloud, names));
      const committed = await lane.committed();
      const behind = sent.filter(({ partition, offset }) =>
        BigInt(offset) < (committed.get(partition) ?? -1n)
      );
      assert.ok(held.size < 400, `in the middle: ${held.size} of 400`);
      assert.equal(behind.length, held.size, "exactly what is durable is committed");
      for (const record of behind) assert.ok(held.has(await lane.nameOf(record)));
      const { groups } = await cloud.admin.describeGroups([lane.group]);
      assert.equal(groups[0]?.state, "Empty");
    },
  );

  kafkaTest(
    "stops for a dead-letter topic that is gone, and goes on when it is back",
    async (cloud, lane) => {
      const bridge = lane.startBridge();
      await bridge.line("listening");
      await cloud.admin.deleteTopics({ topics: [lane.deadLetterTopic] });
      const [bad] = await lane.send([NOT_AN_IMAGE]);
      await eventually("a red readiness", async () => {
        return await readiness(bridge) === "dead_letters" || undefined;
      });
      assert.ok((await lane.committed()).get(0) !== 1n, "nothing is skipped");
      await lane.createDeadLetterTopic();
      await lane.caughtUp();
      const [letter] = await lane.deadLetters(1);
      assert.equal(letter?.origin, `${lane.topic}/0/${bad?.offset}`);
      await eventually("readiness", async () => await readiness(bridge) === "ready" || undefined);
      await bridge.kill("SIGTERM");
    },
  );

  kafkaTest(
    "shares the work with a second member and takes over when that is killed",
    async (cloud, lane) => {
      await cloud.fault(SLOW_UPLOADS);
      const before = (await cloud.names()).length;
      const names = await Promise.all((await lane.send(picturesOf(300))).map(lane.nameOf));
      const [first, second] = [lane.startBridge(), lane.startBridge()];
      await Promise.all([first.line("listening"), second.line("listening")]);
      await eventually("two members", async () => {
        const { groups } = await cloud.admin.describeGroups([lane.group]);
        return groups[0]?.members.length === 2 && groups[0].state === "Stable" || undefined;
      });
      await second.kill("SIGKILL");
      await cloud.clearFaults();
      await lane.caughtUp();
      assert.equal((await heldOf(cloud, names)).length, 300);
      assert.equal((await cloud.names()).length, before + 300);
      await first.kill("SIGTERM");
    },
  );

  kafkaTest(
    "takes records larger than a fetch, and tells of one too large for a dead letter",
    async (cloud, lane) => {
      const large = new Uint8Array(34 * MIB);
      large.set(PNG_PIXEL);
      const [sent] = await lane.send([large]);
      await lane.configure(lane.deadLetterTopic, { "max.message.bytes": "2000" });
      const [refused] = await lane.send([new Uint8Array(2_000)]);
      assert.ok(sent !== undefined && refused !== undefined);
      const bridge = lane.startBridge();
      await lane.caughtUp();
      assert.equal((await heldOf(cloud, [await lane.nameOf(sent)])).length, 1);
      const [letter] = await lane.deadLetters(1);
      assert.equal(letter?.origin, `${lane.topic}/0/${refused.offset}`);
      assert.equal(letter?.reason, "not_an_image");
      assert.equal(letter?.isValueOmitted, true);
      await bridge.kill("SIGTERM");
    },
  );

  kafkaTest("refuses a topic whose timestamps are a producer's", async (_cloud, lane) => {
    await lane.configure(lane.topic, { "message.timestamp.type": "CreateTime" });
    const bridge = lane.startBridge();
    assert.equal(await bridge.ended, 1);
    assert.match(String(bridge.lines.at(-1)?.["text"]), /must be LogAppendTime/);
  });

  kafkaTest("takes what produce sends of a folder", async (cloud, lane) => {
    const folder = await mkdtemp(join(tmpdir(), "tintype-produce-"));
    await writeFile(join(folder, "a.png"), PNG_PIXEL);
    await writeFile(join(folder, "b.png"), PNG_PIXEL);
    await writeFile(join(folder, "notes.txt"), "no picture");
    const call = produce(cloud, [folder, "--topic", lane.topic, "--subject", "ada", "--json"]);
    assert.equal(await call.ended, 0, call.errors());
    assert.deepEqual(call.lines.map(({ file }) => file), [
      join(folder, "a.png"),
      join(folder, "b.png"),
    ]);
    assert.match(
      call.errors(),
      /^1 of 2: a\.png -> .*\n2 of 2: b\.png -> .*\n2 records, 0\.0 MB in /,
    );
    const bridge = lane.startBridge();
    await lane.caughtUp();
    const names = await Promise.all(call.lines.map((line) =>
      lane.nameOf({
        partition: Number(line["partition"]),
        offset: String(line["offset"]),
        timestampMs: Number(line["timestamp"]),
      })
    ));
    assert.equal((await heldOf(cloud, names)).length, 2);
    await Promise.all([bridge.kill("SIGTERM"), rm(folder, { recursive: true })]);
  });

  kafkaTest("takes a file in chunks that is larger than a record may be", async (cloud, lane) => {
    const folder = await mkdtemp(join(tmpdir(), "tintype-produce-"));
    const large = join(folder, "large.png");
    const bytes = Buffer.concat([PNG_PIXEL, randomBytes(3 * MIB)]);
    await writeFile(large, bytes);
    await lane.configure(lane.topic, { "max.message.bytes": "1048588" });
    const bridge = lane.startBridge();
    await bridge.line("listening");
    // One lost answer in the middle of the session.
    await cloud.fault({
      match: { method: "PUT", path: "^/upload/" },
      times: 1,
      action: { dropReply: true },
    });
    const call = produce(cloud, [large, "--topic", lane.topic, "--subject", "ada", "--json"]);
    assert.equal(await call.ended, 0, call.errors());
    const [line] = call.lines;
    assert.equal(line?.["chunks"], 5);
    await lane.caughtUp();
    const name = await lane.nameOf({
      partition: Number(line?.["partition"]),
      offset: String(line?.["offset"]),
      timestampMs: Number(line?.["timestamp"]),
    });
    const digest = createHash("md5").update(bytes).digest("base64");
    assert.equal((await cloud.objects()).get(name), digest);
    await Promise.all([bridge.kill("SIGTERM"), rm(folder, { recursive: true })]);
  });

  kafkaTest(
    "gets nothing of a call of produce to a topic that is not there",
    async (cloud, lane) => {
      const folder = await mkdtemp(join(tmpdir(), "tintype-produce-"));
      await writeFile(join(folder, "a.png"), PNG_PIXEL);
      const noTopic = produce(cloud, [folder, "--topic", `${lane.topic}.none`]);
      assert.equal(await noTopic.ended, 1);
      assert.match(noTopic.errors(), /^Cannot produce: there is no topic .*\.none\n$/);
      await rm(folder, { recursive: true });
    },
  );

  kafkaTest("takes what dlq redrives as the same image with the same time", async (cloud, lane) => {
    await lane.createRedriveTopic();
    // Refused for its type today, taken when the plan was widened.
    const narrow = { kafkaTopics: { [lane.topic]: { tenant: "stream" } } };
    const plans = (allowedTypes: readonly string[]) =>
      JSON.stringify({ ...narrow, default: { allowedTypes } });
    const first = lane.startBridge({ TENANT_PLANS: plans(["image/jpeg"]) });
    const [one, two] = await lane.send([PNG_PIXEL, NOT_AN_IMAGE]);
    assert.ok(one !== undefined && two !== undefined);
    await lane.caughtUp();
    await first.kill("SIGTERM");
    const dlq = (...args: string[]) =>
      startChild([
        "kafka-bridge/dead_letters/main.ts",
        "--brokers",
        cloud.brokers,
        "--topic",
        lane.deadLetterTopic,
        "--json",
        ...args,
      ]);
    const listed = dlq("list");
    assert.equal(await listed.ended, 0, listed.errors());
    assert.deepEqual(listed.lines.map(({ reason }) => reason), Array(2).fill("unsupported_type"));
    const place = listed.lines.find(({ origin }) => origin === `${lane.topic}/0/${one.offset}`);
    const dry = dlq("redrive", String(place?.["place"]), "--dry-run");
    assert.equal(await dry.ended, 0, dry.errors());
    assert.equal(dry.errors(), "1 would be sent, 0 cannot be sent\n");
    const redriven = dlq("redrive", "--reason", "unsupported_type");
    assert.equal(await redriven.ended, 0, redriven.errors());
    const again = dlq("redrive", String(place?.["place"]));
    assert.equal(await again.ended, 0, again.errors());
    const before = (await cloud.names()).length;
    const second = lane.startBridge();
    const name = await lane.nameOf(one);
    await eventually(
      "the object",
      async () => (await heldOf(cloud, [name])).length > 0 || undefined,
    );
    const letters = await lane.deadLetters(3);
    const last = letters.find(({ redrives }) => redrives > 0);
    assert.equal(last?.origin, `${lane.topic}/1/${two.offset}`);
    assert.equal(last?.reason, "not_an_image");
    assert.equal(last?.timestampMs, two.timestampMs);
    await second.kill("SIGTERM");
    assert.equal((await cloud.names()).length, before + 1, "the same image, however often");
  });

  kafkaTest("talks TLS and SASL/SCRAM", async (cloud, lane) => {
    const bridge = lane.startBridge(cloud.secure);
    const sent = await lane.send([...picturesOf(7), NOT_AN_IMAGE]);
    await lane.caughtUp();
    assert.equal((await heldOf(cloud, await Promise.all(sent.map(lane.nameOf)))).length, 7);
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

  kafkaTest("drains without its topic, and reads one that was made anew", async (cloud, lane) => {
    const bridge = lane.startBridge();
    const [early] = await lane.send([PNG_PIXEL]);
    await lane.caughtUp();
    await cloud.admin.deleteTopics({ topics: [lane.topic] });
    await eventually("the end of the topic", async () => {
      return !(await cloud.admin.listTopics()).includes(lane.topic) || undefined;
    });
    // A consumer that the library gives up without its topic ends the process with 1.
    const code = await bridge.kill("SIGTERM");
    assert.ok(code === 0 || code === 1, String(code));
    await lane.createTopic();
    const [late] = await lane.send([PNG_PIXEL]);
    assert.ok(early !== undefined && late !== undefined);
    assert.equal(late.offset, early.offset);
    const next = lane.startBridge();
    const names = await Promise.all([early, late].map(lane.nameOf));
    await eventually("the second image", async () => {
      return (await heldOf(cloud, names)).length === 2 || undefined;
    });
    assert.equal(await next.kill("SIGTERM"), 0);
  });

  kafkaTest(
    "joins again when it was frozen for longer than the group waits",
    async (cloud, lane) => {
      const bridge = lane.startBridge();
      await bridge.line("listening");
      process.kill(bridge.pid, "SIGSTOP");
      const sent = await lane.send(picturesOf(20));
      await eventually("a group without it", async () => {
        const { groups } = await cloud.admin.describeGroups([lane.group]);
        return groups[0]?.state === "Empty" || undefined;
      });
      process.kill(bridge.pid, "SIGCONT");
      await lane.caughtUp();
      assert.equal((await heldOf(cloud, await Promise.all(sent.map(lane.nameOf)))).length, 20);
      assert.equal(await bridge.kill("SIGTERM"), 0);
    },
  );

  kafkaTest(
    "killed at every point of a record's way it loses and doubles nothing",
    async (cloud, lane) => {
      await crashEverywhere(cloud, lane, {
        rounds: Number(process.env["CRASH_ROUNDS"] ?? 1),
        records: Number(process.env["CRASH_RECORDS"] ?? 2_000),
      });
    },
  );

  kafkaTest("outlives a broker that is killed and started again", async (cloud, lane) => {
    const bridge = lane.startBridge();
    await bridge.line("listening");
    const early = await lane.send(picturesOf(20));
    await cloud.restartBroker();
    const late = await lane.send(picturesOf(20));
    await lane.caughtUp();
    const names = await Promise.all([...early, ...late].map(lane.nameOf));
    assert.equal((await heldOf(cloud, names)).length, 40);
    await eventually("readiness", async () => await readiness(bridge) === "ready" || undefined);
    assert.equal(await bridge.kill("SIGTERM"), 0);
  });
});
