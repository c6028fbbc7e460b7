import assert from "node:assert/strict";
import { t0OfImageId } from "../model/image_id.ts";
import type { ImageRow } from "../model/image_row.ts";
import { parseTenant } from "../model/tenant.ts";
import { DAY_MS } from "../model/utc_day.ts";
import type {
  ErasedRows,
  FailedRows,
  PersonRows,
  RowAuditor,
  RowPurger,
} from "../ports/image_rows.ts";
import type { AttemptFinder, ImageHistory, ImageSelector } from "../ports/image_selector.ts";
import { contractOf } from "./object_store_contract.ts";
import { sampleRef, sampleRow } from "./sample_row.ts";

/** Every right on the tables, and rows as a subscription writes them. */
export interface TestedRows
  extends
    RowPurger,
    ErasedRows,
    FailedRows,
    RowAuditor,
    ImageSelector,
    AttemptFinder,
    ImageHistory,
    PersonRows {
  write(...rows: readonly ImageRow[]): void | Promise<void>;
}

/** What every table promises; rows of others stay untouched. */
export const IMAGE_ROWS_CONTRACT = contractOf<TestedRows>({
  async "census() counts rows and gives the oldest T0"(rows) {
    const ref = sampleRef(Date.now() - 5 * DAY_MS);
    const before = await rows.census(0);
    await rows.write(sampleRow(ref, { width: 4032, mean_luma: 0.5, has_alpha: false }));
    const after = await rows.census(0);
    assert.equal(after.rows, before.rows + 1);
    assert.ok((after.oldestT0Ms ?? Infinity) <= t0OfImageId(ref.imageId));
  },
  async "census() counts rows whose T0 lies before the time asked about, to the millisecond"(rows) {
    const t0Ms = Date.now() - 40 * DAY_MS;
    await rows.write(sampleRow(sampleRef(t0Ms - 1)), sampleRow(sampleRef(t0Ms)));
    assert.equal((await rows.census(t0Ms)).overdue, 1);
    assert.equal((await rows.census(t0Ms + 1)).overdue, 2);
  },
  async "purge() deletes rows whose T0 lies at or before the time and keeps the rest"(rows) {
    const t0Ms = Date.now() - 8 * DAY_MS;
    const refs = [sampleRef(t0Ms - 1), sampleRef(t0Ms), sampleRef(t0Ms + 1)];
    await rows.write(...refs.map((ref) => sampleRow(ref)));
    assert.ok(await rows.purge(t0Ms) >= 2);
    assert.equal((await rows.census(0)).oldestT0Ms, t0Ms + 1);
    assert.equal(await rows.purge(t0Ms), 0);
  },
  async "tombstones() finds the images with an erased row among many"(rows) {
    const refs = Array.from({ length: 40 }, () => sampleRef());
    const [kept, erased] = [refs[0] ?? assert.fail(), refs[39] ?? assert.fail()];
    await rows.write(sampleRow(kept), sampleRow(erased, { status: "erased" }));
    const ids = refs.map(({ imageId }) => imageId);
    assert.deepEqual(await rows.tombstones(ids), [erased.imageId]);
    assert.deepEqual(await rows.tombstones([]), []);
  },
  async "removeErased() deletes all rows of erased images but their erased row, and no other's"(
    rows,
  ) {
    const [kept, erased] = [sampleRef(), sampleRef()];
    await rows.write(
      sampleRow(kept),
      sampleRow({ ...erased, tenant: parseTenant("other") }),
      sampleRow(erased, { status: "failed" }),
      sampleRow(erased, { attempt: 2 }),
      sampleRow(erased, { status: "erased" }),
    );
    assert.equal(await rows.removeErased(), 2);
    const late = sampleRow(erased, { attempt: 3 });
    await rows.write(late);
    assert.equal(await rows.removeErased(), 1, "a row that came late");
    assert.equal(await rows.removeErased(), 0);
    assert.deepEqual(await rows.tombstones([kept.imageId, erased.imageId]), [erased.imageId]);
  },
  async "failedImages() finds images whose newest row says failed, and counts how often they did"(
    rows,
  ) {
    const fromMs = Date.now() - 2 * DAY_MS;
    const refAt = (afterMs: number) => sampleRef(fromMs + afterMs);
    const [twice, ready, erased, old] = [refAt(1), refAt(2), refAt(3), refAt(-1)];
    const at = (minutes: number) => new Date(fromMs + minutes * 60_000).toISOString();
    const failed = (minutes: number) => ({ status: "failed", processed_at: at(minutes) });
    await rows.write(
      sampleRow(twice, failed(20)),
      sampleRow(twice, failed(10)),
      sampleRow(twice, failed(20)),
      sampleRow({ ...twice, tenant: parseTenant("other") }),
      sampleRow(ready, failed(10)),
      sampleRow(ready, { processed_at: at(11) }),
      sampleRow(erased, failed(10)),
      sampleRow(erased, { status: "erased", processed_at: at(9) }),
      sampleRow(old, failed(10)),
    );
    const failedAtMs = Date.parse(at(20));
    assert.deepEqual(await rows.failedImages(fromMs), [
      { ref: twice, generation: "1700000000000001", failures: 2, failedAtMs },
    ]);
    assert.deepEqual(await rows.failedImages(fromMs + 4), []);
  },
  async "select() finds images by their newest row, the oldest first, and counts beyond its limit"(
    rows,
  ) {
    const fromMs = Date.now() - 20 * DAY_MS;
    const [a, b, c, erased, other] = [0, 1, 2, 3, 4].map((ms) => sampleRef(fromMs + ms));
    assert.ok(a && b && c && erased && other);
    const at = (seconds: number) => new Date(fromMs + seconds * 1_000).toISOString();
    const rejected = { status: "rejected", reason: "corrupt", processor_version: "old" };
    await rows.write(
      sampleRow(a, { ...rejected, processed_at: at(10) }),
      sampleRow(b, { ...rejected, processed_at: at(20) }),
      sampleRow(b, { processed_at: at(30), processor_version: "new", media_type: "image/png" }),
      sampleRow(c, { processed_at: at(40) }),
      sampleRow(erased, { processed_at: at(50) }),
      sampleRow(erased, { status: "erased", owner: null, generation: null }),
      sampleRow({ ...other, tenant: parseTenant("synthetic") }),
      sampleRow({ ...other, tenant: parseTenant("gone") }, { reason: "too_large" }),
      sampleRow({ ...other, tenant: parseTenant("other") }, { owner: null, status: "rejected" }),
    );
    const select = async (filter: object, max = 10) => {
      const { images, selected } = await rows.select({ fromMs, toMs: fromMs + 5, max, ...filter });
      assert.ok(selected.every(({ generation }) => generation === "1700000000000001"));
      return [
        images,
        ...selected.map(({ ref }) =>
          [a, b, c].findIndex((one) => one.imageId === ref.imageId && one.owner === ref.owner)
        ),
      ];
    };
    assert.deepEqual(await select({}), [3, 0, 1, 2]);
    assert.deepEqual(await select({}, 2), [3, 0, 1]);
    assert.deepEqual(await select({ notVersion: "new" }), [2, 0, 2], "c says no version");
    assert.deepEqual(await select({ beforeMs: fromMs + 30_000 }), [1, 0]);
    assert.deepEqual(await select({ status: "rejected", reason: "corrupt" }), [1, 0]);
    assert.deepEqual(await select({ mediaType: "image/png", source: "edge", tenant: "acme" }), [
      1,
      1,
    ]);
    assert.deepEqual(await select({ source: "kafka" }), [0]);
    assert.deepEqual(await select({ toMs: fromMs + 1 }), [1, 0]);
  },
  async "history() gives the rows of an image, the oldest first, also by the end of its id"(rows) {
    const ref = sampleRef();
    const t0Ms = t0OfImageId(ref.imageId);
    const later = new Date(t0Ms + 60_000).toISOString();
    const refused = { owner: null, generation: null, attempt: null, tenant: null };
    await rows.write(
      sampleRow(ref, { status: "erased", processed_at: later, t0: later, ...refused }),
      sampleRow(ref, { status: "failed", reason: "dead_lettered", processor_version: "1" }),
      sampleRow(sampleRef()),
    );
    const span = { fromMs: t0Ms, toMs: t0Ms + 60_000 };
    const found = await rows.history({ idEnd: ref.imageId, ...span });
    assert.deepEqual(found, [{
      ...ref,
      ...{ source: "edge", generation: "1700000000000001", attempt: 1, status: "failed" },
      ...{ reason: "dead_lettered", processedAtMs: t0Ms, processorVersion: "1" },
    }, {
      ...{ imageId: ref.imageId, source: "edge", status: "erased", reason: null, ...refused },
      ...{ processedAtMs: t0Ms + 60_000, processorVersion: null },
    }]);
    assert.deepEqual(await rows.history({ idEnd: ref.imageId.slice(14), ...span }), found);
    assert.equal((await rows.history({ idEnd: ref.imageId, fromMs: t0Ms, toMs: t0Ms })).length, 1);
  },
  async "rowsOf() gives all columns of all rows of a tenant's images"(rows) {
    const [ref, other] = [sampleRef(), sampleRef()];
    const { tenant, imageId } = ref;
    await rows.write(
      sampleRow(ref, { width: 4032, camera_make: "apple" }),
      sampleRow(ref, { attempt: 2 }),
      sampleRow({ ...ref, tenant: parseTenant("other") }),
      sampleRow(other),
    );
    const found = await rows.rowsOf({ tenant, imageIds: [imageId] });
    const [first, second, ...more] = found.get(imageId) as ImageRow[]; // rows by their columns
    assert.deepEqual([found.size, more.length, second?.["attempt"]], [1, 0, 2]);
    const { width, camera_make: make, owner } = first ?? {};
    assert.deepEqual([width, make, owner], [4032, "apple", ref.owner]);
    const columns = new Set(Object.keys(first ?? {}));
    assert.deepEqual(Object.keys(sampleRow(ref)).filter((column) => !columns.has(column)), []);
    assert.equal((await rows.rowsOf({ tenant, imageIds: [] })).size, 0);
  },
  async "attempts() gives the keys of all rows of the images, but those without an owner"(rows) {
    const [ref, other] = [sampleRef(), sampleRef()];
    await rows.write(
      sampleRow(ref, { status: "failed" }),
      sampleRow(ref, { attempt: 2 }),
      sampleRow(ref, { status: "erased", owner: null, generation: null }),
      sampleRow(other),
    );
    const found = await rows.attempts([ref]);
    const keys = found.map(({ attempt, status }) => `${attempt} ${status}`).sort();
    assert.deepEqual([keys, found[0]?.ref], [["1 failed", "2 ready"], ref]);
    assert.deepEqual(await rows.attempts([]), []);
  },
});
