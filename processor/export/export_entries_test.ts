import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExportedImage } from "@tintype/core/ingest/export_person";
import { sampleRef } from "@tintype/core/testing/sample_row";
import type { ObjectName } from "@tintype/core/model/object_name";
import { anonymous } from "@tintype/gcs/authorize";
import type { ExportList } from "../keeper_requests.ts";
import { exportEntries } from "./export_entries.ts";

const MIB = 1024 * 1024;
const SIZE = 17 * MIB;

/** Exports one image of 17 MiB from a store that responds with these statuses, one a request, then with 206. */
async function exportOne(...statuses: readonly number[]) {
  const ranges: string[] = [];
  const list: Omit<ExportList, "tenant"> = { files: [], missing: [], kafka: [] };
  const { imageId } = sampleRef();
  const original = {
    name: "raw" as ObjectName,
    generation: "7",
    size: SIZE,
    contentType: "image/tiff",
  };
  const image: ExportedImage = {
    ...{ imageId, t0Ms: 0, source: "edge", kafkaUntilMs: undefined, original },
    ...{ manifest: "{}", rows: [] },
  };
  const entries = exportEntries(
    async function* () {
      yield image;
    }(),
    {
      raw: {
        ...{ bucket: "b", endpoint: "http://storage", authorize: anonymous },
        transport: async ({ headers }) => {
          const status = statuses[ranges.length] ?? 206;
          const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers["range"] ?? "") ?? [];
          ranges.push(`${from}-${to}`);
          return new Response(new Uint8Array(Number(to) - Number(from) + 1), { status });
        },
      },
      signList: (signed) => Promise.resolve(JSON.stringify(signed)),
    },
    list,
  );
  for await (const { input } of entries) for await (const _ of input);
  return { ranges, list, imageId };
}

const RANGES = [0, 8 * MIB, 16 * MIB].map((from) =>
  `${from}-${Math.min(from + 8 * MIB, SIZE) - 1}`
);

test("exportEntries() reads an original in parts, repeats one that is lost, and lists its size and hash", async () => {
  const { ranges, list, imageId } = await exportOne(206, 503);
  assert.deepEqual(ranges, [RANGES[0], RANGES[1], RANGES[1], RANGES[2]]);
  assert.deepEqual(list.files.map(({ name, bytes }) => [name.replace(imageId, ""), bytes]), [
    ["/manifest.json", 2],
    ["/rows.json", 2],
    ["/original.tiff", SIZE],
  ]);
  const zeros = await crypto.subtle.digest("SHA-256", new Uint8Array(SIZE));
  assert.equal(list.files.at(-1)?.sha256, new Uint8Array(zeros).toHex());
});

test("exportEntries() names an original that went since it was listed, and throws where it goes while it is read", async () => {
  const { list, imageId } = await exportOne(404);
  assert.deepEqual([list.missing, list.files.length], [[{ imageId, reason: "gone" }], 2]);
  await assert.rejects(exportOne(206, 404), /was erased while it was read: run it again/);
});
