import assert from "node:assert/strict";
import { t0OfImageId } from "../model/image_id.ts";
import type { ImageRow } from "../model/image_row.ts";
import { parseTenant } from "../model/tenant.ts";
import { DAY_MS } from "../model/utc_day.ts";
import type { ErasedRows, FailedRows, RowAuditor, RowPurger } from "../ports/image_rows.ts";
import { contractOf } from "./object_store_contract.ts";
import { sampleRef, sampleRow } from "./sample_row.ts";

/** Every right on the tables, and rows as a subscription writes them. */
export interface TestedRows extends RowPurger, ErasedRows, FailedRows, RowAuditor {
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
});
