import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePseudonymKeys } from "../model/owner.ts";
import { DAY_MS } from "../model/utc_day.ts";
import { eraseImage } from "../retention/erase_image.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { KAFKA_MS, personWorld } from "./_person_testing.ts";
import { erasePerson } from "./erase_person.ts";

async function setUp() {
  const made = await personWorld();
  const erase = (subject: string, isDryRun = false) =>
    erasePerson(made.ports, { ...made.input, subject, isDryRun });
  return { ...made, erase };
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
    tenant: "other" as typeof second.tenant,
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
