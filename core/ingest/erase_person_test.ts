import assert from "node:assert/strict";
import { test } from "node:test";
import { DAYS_FILE, type DaySalt, serializeDaySalts } from "../model/day_salts.ts";
import { deriveOwner, parsePseudonymKeys } from "../model/owner.ts";
import { DAY_MS, dayOf } from "../model/utc_day.ts";
import { eraseImage } from "../retention/erase_image.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { erasePerson, type ErasePersonPorts } from "./erase_person.ts";

const DAYS = [0, 1, 2].map((at): DaySalt => ({
  ...{
    day: dayOf(NOON_MS + at * DAY_MS),
    salt: String(at).repeat(64),
    pseudonymKey: at === 0 ? 1 : 2,
  },
}));
const { tenant } = sampleRef();
const KAFKA_MS = 3_600_000;

async function setUp() {
  const world = new TestWorld();
  await world.config.put(DAYS_FILE, serializeDaySalts(DAYS));
  const pseudonymKeys = await parsePseudonymKeys(
    JSON.stringify({ 1: "a".repeat(32), 2: "b".repeat(32) }),
  );
  const ports: ErasePersonPorts = { ...world, pseudonymKeys };
  const input = { tenant, kafkaMs: KAFKA_MS };
  const refOf = async (subject: string, day: number) => {
    const salt = DAYS[day] ?? assert.fail();
    const owner = await deriveOwner(pseudonymKeys, salt, { tenant, subject });
    return { ...sampleRef(NOON_MS + day * DAY_MS), owner };
  };
  const erase = (subject: string, isDryRun = false) =>
    erasePerson(ports, { ...input, subject, isDryRun });
  return { world, refOf, erase, ports, input };
}

test("erasePerson() finds a person on every day and of both sources, and requests each image once", async () => {
  const { world, refOf, erase } = await setUp();
  const [first, second, third] = [
    await refOf("ann", 0),
    await refOf("ann", 1),
    await refOf("ann", 2),
  ];
  const [others, othersTenant] = [await refOf("bob", 1), {
    ...second,
    tenant: "other" as typeof tenant,
  }];
  await world.process(first);
  await world.upload(second, { declaration: { source: "kafka" } });
  await world.finish(third);
  for (const ref of [others, othersTenant]) await world.upload(ref);
  const dry = await erase("ann", true);
  assert.deepEqual([dry.days, dry.requested, world.erasures.names()], [3, 0, []]);
  assert.deepEqual(
    dry.images.map(({ imageId, source, kafkaUntilMs }) => [imageId, source, kafkaUntilMs]),
    [
      [first.imageId, "edge", undefined],
      [second.imageId, "kafka", NOON_MS + DAY_MS + KAFKA_MS],
      [third.imageId, undefined, undefined],
    ],
  );
  assert.equal((await erase("ann")).requested, 3);
  assert.equal(world.erasures.names().length, 3);
  for (const ref of [first, second, third]) await eraseImage(world.ports, ref);
  await world.settle();
  const { requested, images } = await erase("ann");
  assert.equal(requested, 0);
  for (const { requestedAtMs, erasedAtMs } of images) {
    assert.ok(Number(requestedAtMs) <= Number(erasedAtMs));
  }
  assert.deepEqual([images.length, world.raw.names().length], [3, 2]);
  assert.deepEqual((await erase("nobody")).images, []);
});

test("erasePerson() throws where a day's key is missing", async () => {
  const { ports, input } = await setUp();
  const pseudonymKeys = await parsePseudonymKeys(JSON.stringify({ 1: "a".repeat(32) }));
  const erasing = erasePerson({ ...ports, pseudonymKeys }, {
    ...input,
    subject: "ann",
    isDryRun: true,
  });
  await assert.rejects(erasing, { code: "unavailable" });
});
