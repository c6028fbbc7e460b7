import assert from "node:assert/strict";
import { test } from "node:test";
import { serializeManifest } from "../model/manifest.ts";
import { manifestName, rawName } from "../model/object_name.ts";
import { makeImageId } from "../model/image_id.ts";
import { DAY_MS } from "../model/utc_day.ts";
import { PNG_PIXEL } from "../testing/sample_images.ts";
import { sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRow } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { KAFKA_MS, personWorld } from "./_person_testing.ts";
import { exportPerson } from "./export_person.ts";

test("exportPerson() gives each image of every day its original, manifest and rows, or says why there is none", async () => {
  const { world, refOf, ports, input } = await personWorld();
  const [done, kafka, gone, replaced, erased] = await Promise.all(
    [0, 1, 1, 2, 2].map((day) => refOf("ann", day)),
  );
  assert.ok(done && kafka && gone && replaced && erased);
  await world.process(done);
  await world.process(await refOf("bob", 0));
  await world.upload(kafka, { declaration: { source: "kafka" } });
  await world.finish(gone);
  world.rows.write(sampleRow(gone), sampleRow(gone, { attempt: 2 }));
  await world.upload(replaced);
  const other = sampleManifest(replaced);
  await world.processed.put(manifestName(replaced), serializeManifest(other));
  await world.upload(erased);
  await world.requestErasure(erased);

  const { page, ...counts } = await exportPerson(ports, { ...input, subject: "ann" });
  assert.deepEqual(counts, { days: 3, images: 4, erased: 1, after: undefined });
  const found = new Map(page.map((image) => [image.imageId, image]));
  const said = [done, kafka, gone, replaced].map(({ imageId }) => {
    const { original, manifest, rows, source, kafkaUntilMs } = found.get(imageId) ?? assert.fail();
    const what = typeof original === "string" ? original : original.contentType;
    return [what, manifest === undefined, rows.length, source, kafkaUntilMs];
  });
  assert.deepEqual(said, [
    ["image/png", false, 1, "edge", undefined],
    ["processing", true, 0, "kafka", NOON_MS + DAY_MS + KAFKA_MS],
    ["gone", false, 2, undefined, undefined],
    ["processing", false, 0, "edge", undefined],
  ]);
  const { original, manifest } = found.get(done.imageId) ?? assert.fail();
  const { name, generation } = await world.raw.stat(rawName(done)) ?? assert.fail();
  assert.deepEqual(original, {
    name,
    generation,
    size: PNG_PIXEL.length,
    contentType: "image/png",
  });
  assert.equal(JSON.parse(manifest ?? "").imageId, done.imageId);
});

test("exportPerson() gives an album of any size in pages, each image once", async () => {
  const { world, refOf, ports, input } = await personWorld();
  const first = await refOf("ann", 1);
  const ids = Array.from(
    { length: 230 },
    (_, at) => makeImageId(NOON_MS + DAY_MS + (at >> 2), new Uint8Array(10).fill(at)),
  );
  for (const imageId of ids) await world.upload({ ...first, imageId });
  const seen: string[] = [];
  let exported = await exportPerson(ports, { ...input, subject: "ann" });
  for (let pages = 1; pages <= 3; pages++) {
    assert.deepEqual([exported.images, exported.after !== undefined], [230, pages < 3]);
    seen.push(...exported.page.map(({ imageId }) => imageId));
    exported = await exportPerson(ports, { ...input, subject: "ann", after: exported.after });
  }
  assert.deepEqual(seen, ids.toSorted());
});
