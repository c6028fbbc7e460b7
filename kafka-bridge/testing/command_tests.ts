/** The commands of the room, `produce` and `dlq`, with a bridge behind them, on a real broker. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { type Child, eventually, startChild } from "../_child_fixture.ts";
import type { Cloud } from "../_cloud_fixture.ts";
import type { Lane } from "../_lane_fixture.ts";
import { heldOf, type KafkaTest } from "../_kafka_fixture.ts";

const MIB = 1024 * 1024;

function produce(cloud: Cloud, args: readonly string[]): Child {
  return startChild(["kafka-bridge/produce.ts", "--brokers", cloud.brokers, ...args]);
}

function dlq(cloud: Cloud, { deadLetterTopic }: Lane, ...args: readonly string[]): Child {
  const where = ["--brokers", cloud.brokers, "--topic", deadLetterTopic, "--json"];
  return startChild(["kafka-bridge/dead_letters/main.ts", ...where, ...args]);
}

/** What the commands do. */
export function commandTests(kafkaTest: KafkaTest): void {
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
    const listed = dlq(cloud, lane, "list");
    assert.equal(await listed.ended, 0, listed.errors());
    assert.deepEqual(listed.lines.map(({ reason }) => reason), Array(2).fill("unsupported_type"));
    const place = listed.lines.find(({ origin }) => origin === `${lane.topic}/0/${one.offset}`);
    const dry = dlq(cloud, lane, "redrive", String(place?.["place"]), "--dry-run");
    assert.equal(await dry.ended, 0, dry.errors());
    assert.equal(dry.errors(), "1 would be sent, 0 cannot be sent\n");
    const redriven = dlq(cloud, lane, "redrive", "--reason", "unsupported_type");
    assert.equal(await redriven.ended, 0, redriven.errors());
    const again = dlq(cloud, lane, "redrive", String(place?.["place"]));
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
    const next = dlq(cloud, lane, "redrive", "--all", "--dry-run");
    assert.equal(await next.ended, 0, next.errors());
    const places = next.lines.map((line) => String(line["place"]));
    assert.deepEqual(
      places.toSorted(),
      [place?.["place"], last?.place].map(String).toSorted(),
      "of each record its newest letter",
    );
  });

  kafkaTest(
    "redrives no letter whose bytes would outlive its image, and says why",
    async (cloud, lane) => {
      await lane.createRedriveTopic();
      const cameAtMs = Date.now() - 5 * 86_400_000;
      const headers = {
        "__connect.errors.topic": lane.topic,
        "__connect.errors.partition": "0",
        "__connect.errors.offset": "7",
        "tintype.reason": "too_large",
        "tintype.timestamp": String(cameAtMs),
      };
      await lane.send([PNG_PIXEL], headers, 0, lane.deadLetterTopic);
      const dry = dlq(cloud, lane, "redrive", "--all", "--dry-run");
      assert.equal(await dry.ended, 0, "looking was done, so a redrive of the others may begin");
      assert.equal(dry.errors(), "0 would be sent, 1 cannot be sent\n");
      const call = dlq(cloud, lane, "redrive", "--all");
      assert.equal(await call.ended, 1);
      assert.match(
        String(call.lines[0]?.["problem"]),
        /^it is too late: .*T0 is 120\.0 hours ago, at most 108\.0/,
      );
      assert.equal(call.errors(), "0 sent, 1 cannot be sent\n");
      const none = dlq(cloud, lane, "redrive", "3/4711");
      assert.equal(await none.ended, 1);
      assert.equal(
        none.errors(),
        `0 sent, 0 cannot be sent\nNo such dead letter at 3/4711 in ${lane.deadLetterTopic}\n`,
      );
      const ends = await cloud.admin.fetchTopicOffsets(`${lane.topic}.redrive`);
      assert.deepEqual(new Set(ends.map(({ high }) => high)), new Set(["0"]));
    },
  );

  kafkaTest("shows a letter, and redrives the value that it goes without", async (cloud, lane) => {
    await lane.createRedriveTopic();
    await lane.configure(lane.deadLetterTopic, { "max.message.bytes": "2000" });
    const plans = (maxBytes: number) =>
      JSON.stringify({
        kafkaTopics: { [lane.topic]: { tenant: "stream" } },
        default: { maxBytes },
      });
    const large = Buffer.concat([PNG_PIXEL, randomBytes(4_000)]);
    const [, sent] = await lane.send([PNG_PIXEL, large], undefined, 2);
    assert.ok(sent !== undefined);
    const first = lane.startBridge({ TENANT_PLANS: plans(3_000) });
    const [letter] = await lane.deadLetters(1);
    await first.kill("SIGTERM");
    const shown = dlq(cloud, lane, "show", letter?.place ?? "");
    assert.equal(await shown.ended, 0, shown.errors());
    const { origin, reason, isValueOmitted } = shown.lines[0] ?? {};
    assert.deepEqual([origin, reason, isValueOmitted], [
      `${lane.topic}/2/${sent.offset}`,
      "too_large",
      true,
    ]);
    const redriven = dlq(cloud, lane, "redrive", "--all");
    assert.equal(await redriven.ended, 0, redriven.errors());
    const second = lane.startBridge({ TENANT_PLANS: plans(10_000) });
    const digest = createHash("md5").update(large).digest("base64");
    const name = await lane.nameOf(sent);
    await eventually(
      "the image",
      async () => (await cloud.objects()).get(name) === digest || undefined,
    );
    assert.equal(await second.kill("SIGTERM"), 0);
  });
}
