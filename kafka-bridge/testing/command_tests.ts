/** The commands of the package, `produce` and `dlq`, with a bridge behind them, on a real broker. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { eventually } from "@tintype/core/testing/eventually";
import { type Line, type Program, startProgram } from "@tintype/core/testing/start_program";
import type { Cloud } from "./cloud.ts";
import { type KafkaTests, md5Of } from "./describe_on_kafka.ts";
import { redrivenHeaders } from "./fake_ports.ts";
import type { Sent, TestTopics } from "./test_topics.ts";

const MIB = 1024 * 1024;

function produce(cloud: Cloud, topic: string, folder: string): Program {
  const where = ["--brokers", cloud.brokers, "--topic", topic, "--subject", "ada", "--json"];
  return startProgram(["kafka-bridge/produce.ts", folder, ...where]);
}

/** `dlq` over a test's topics. */
export function dlq(
  cloud: Cloud,
  { deadLetterTopic }: TestTopics,
  ...args: readonly string[]
): Program {
  const where = ["--brokers", cloud.brokers, "--topic", deadLetterTopic, "--json"];
  return startProgram(["kafka-bridge/dead_letters/main.ts", ...where, ...args]);
}

/** `dlq redrive` by a bridge that runs. */
async function redrive(
  cloud: Cloud,
  topics: TestTopics,
  bridge: Program,
  ...args: readonly string[]
): Promise<Program> {
  const { url } = await bridge.line("listening");
  return dlq(cloud, topics, "redrive", "--bridge", String(url), ...args);
}

/** The same call, when it has ended with 0. */
async function done(call: Program): Promise<Program> {
  assert.equal(await call.ended, 0, call.errors());
  return call;
}

/** The record of a line that `produce --json` prints. */
export function sentOf({ partition, offset, timestamp }: Line): Sent {
  return { partition: Number(partition), offset: String(offset), timestampMs: Number(timestamp) };
}

/** What the commands do. */
export const COMMAND_TESTS: KafkaTests = {
  async "takes what produce sends of a folder"(cloud, topics) {
    const pictures = { "a.png": PNG_PIXEL, "b.png": PNG_PIXEL };
    const folder = await topics.folderWith({ ...pictures, "notes.txt": "no picture" });
    const call = await done(produce(cloud, topics.topic, folder));
    const files = ["a.png", "b.png"].map((file) => join(folder, file));
    assert.deepEqual(call.lines.map(({ file }) => file), files);
    assert.match(
      call.errors(),
      /^1 of 2: a\.png -> .*\n2 of 2: b\.png -> .*\n2 records, 0\.0 MB in /,
    );
    const bridge = topics.startBridge();
    await topics.caughtUp();
    assert.equal(await topics.stored(call.lines.map(sentOf)), 2);
    await bridge.kill("SIGTERM");
  },

  async "takes a file in chunks that is larger than a record may be"(cloud, topics) {
    const bytes = Buffer.concat([PNG_PIXEL, randomBytes(3 * MIB)]);
    const folder = await topics.folderWith({ "large.png": bytes });
    await topics.configure(topics.topic, { "max.message.bytes": "1048588" });
    const bridge = topics.startBridge();
    await bridge.line("listening");
    // One lost answer in the middle of the session.
    const match = { method: "PUT", path: "^/upload/" };
    await cloud.fault({ match, times: 1, action: { dropReply: true } });
    const call = await done(produce(cloud, topics.topic, folder));
    const [line] = call.lines;
    assert.equal(line?.["chunks"], 5);
    await topics.caughtUp();
    const name = await topics.nameOf(sentOf(line ?? {}));
    assert.equal((await cloud.objects()).get(name), md5Of(bytes));
    await bridge.kill("SIGTERM");
  },

  async "fails to produce to a topic that does not exist"(cloud, topics) {
    const folder = await topics.folderWith({ "a.png": PNG_PIXEL });
    const noTopic = produce(cloud, `${topics.topic}.none`, folder);
    assert.equal(await noTopic.ended, 1);
    assert.match(noTopic.errors(), /^Cannot produce: there is no topic .*\.none\n$/);
  },

  async "takes what dlq redrives as the same image with the same time"(cloud, topics) {
    await topics.createRedriveTopic();
    // The broker compresses what it takes.
    await topics.configure(topics.deadLetterTopic, { "compression.type": "zstd" });
    await topics.configure(`${topics.topic}.redrive`, { "compression.type": "snappy" });
    // Refused for their type today; when the plan was widened one is taken, and the other too large.
    await topics.setLimits({ allowedTypes: ["image/jpeg"] });
    const first = topics.startBridge();
    const large = Buffer.concat([PNG_PIXEL, randomBytes(4_000)]);
    const [one, two] = await topics.send([PNG_PIXEL, large]);
    assert.ok(one !== undefined && two !== undefined);
    await topics.caughtUp();
    await first.kill("SIGTERM");
    const listed = await done(dlq(cloud, topics, "list"));
    assert.deepEqual(listed.lines.map(({ reason }) => reason), Array(2).fill("unsupported_type"));
    const place = listed.lines.find(({ origin }) => origin === `${topics.topic}/0/${one.offset}`);
    const before = (await cloud.names()).length;
    await topics.setLimits({ maxBytes: 3_000 });
    const second = topics.startBridge();
    const at = String(place?.["place"]);
    const dry = await done(await redrive(cloud, topics, second, at, "--dry-run"));
    assert.equal(dry.errors(), "1 would be sent, 0 cannot be sent\n");
    await done(await redrive(cloud, topics, second, "--reason", "unsupported_type"));
    await done(await redrive(cloud, topics, second, at));
    await eventually("the object", async () => await topics.stored([one]) > 0);
    const letters = await topics.deadLetters(3);
    const last = letters.find(({ redrives }) => redrives > 0);
    assert.equal(last?.origin, `${topics.topic}/1/${two.offset}`);
    assert.equal(last?.reason, "too_large");
    assert.equal(last?.timestampMs, two.timestampMs);
    const published = await topics.refusals();
    const refusals = published.filter(({ attributes: { origin } }) => origin === last?.origin);
    assert.deepEqual(refusals.map(({ row }) => row["reason"]), ["unsupported_type", "too_large"]);
    assert.equal(new Set(refusals.map(({ attributes }) => attributes["event_id"])).size, 1);
    assert.equal((await cloud.names()).length, before + 1, "the same image, however often");
    const next = await done(await redrive(cloud, topics, second, "--all", "--dry-run"));
    await second.kill("SIGTERM");
    const places = next.lines.map((line) => String(line["place"]));
    assert.deepEqual(
      places.toSorted(),
      [place?.["place"], last?.place].map(String).toSorted(),
      "of each record its newest letter",
    );
  },

  async "redrives no letter whose bytes would outlive its image"(cloud, topics) {
    await topics.createRedriveTopic();
    const cameAtMs = Date.now() - 5 * 86_400_000;
    const refused = { "tintype.reason": "too_large" };
    const headers = { ...redrivenHeaders(cameAtMs, topics.topic), ...refused };
    await topics.send([PNG_PIXEL], headers, 0, topics.deadLetterTopic);
    const bridge = topics.startBridge();
    const dry = await redrive(cloud, topics, bridge, "--all", "--dry-run");
    assert.equal(await dry.ended, 0, "looking was done, so a redrive of the others may begin");
    assert.equal(dry.errors(), "0 would be sent, 1 cannot be sent\n");
    const call = await redrive(cloud, topics, bridge, "--all");
    assert.equal(await call.ended, 1);
    assert.match(
      String(call.lines[0]?.["problem"]),
      /^it is too late: .*T0 is 120\.0 hours ago, at most 108\.0/,
    );
    assert.equal(call.errors(), "0 sent, 1 cannot be sent\n");
    const none = await redrive(cloud, topics, bridge, "3/4711");
    assert.equal(await none.ended, 1);
    assert.equal(
      none.errors(),
      `0 sent, 0 cannot be sent\nNo such dead letter at 3/4711 in ${topics.deadLetterTopic}\n`,
    );
    const ends = await cloud.admin.fetchTopicOffsets(`${topics.topic}.redrive`);
    assert.deepEqual(new Set(ends.map(({ high }) => high)), new Set(["0"]));
    await bridge.kill("SIGTERM");
  },

  async "shows a letter, and redrives the value that it goes without"(cloud, topics) {
    await topics.createRedriveTopic();
    await topics.configure(topics.deadLetterTopic, { "max.message.bytes": "2000" });
    const large = Buffer.concat([PNG_PIXEL, randomBytes(4_000)]);
    const [, sent] = await topics.send([PNG_PIXEL, large], undefined, 2);
    assert.ok(sent !== undefined);
    await topics.setLimits({ maxBytes: 3_000 });
    const first = topics.startBridge();
    const [letter] = await topics.deadLetters(1);
    await first.kill("SIGTERM");
    const shown = await done(dlq(cloud, topics, "show", letter?.place ?? ""));
    const { origin, reason, isValueOmitted } = shown.lines[0] ?? {};
    assert.deepEqual([origin, reason, isValueOmitted], [
      `${topics.topic}/2/${sent.offset}`,
      "too_large",
      true,
    ]);
    await topics.setLimits({ maxBytes: 10_000 });
    const second = topics.startBridge();
    await done(await redrive(cloud, topics, second, "--all"));
    const name = await topics.nameOf(sent);
    await eventually("the image", async () => (await cloud.objects()).get(name) === md5Of(large));
    assert.equal(await second.kill("SIGTERM"), 0);
  },
};
