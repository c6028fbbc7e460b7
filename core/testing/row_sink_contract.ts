import assert from "node:assert/strict";
import { t0OfImageId } from "../model/image_id.ts";
import { parseOwner } from "../model/owner.ts";
import type {
  RowAppender,
  RowAuditor,
  RowEraser,
  RowFinder,
  RowPurger,
} from "../ports/row_sink.ts";
import type { ContractCase } from "./object_store_contract.ts";
import { sampleRef, sampleRow } from "./sample_row.ts";

/** Every right on the warehouse. */
type RowSink = RowAppender & RowEraser & RowFinder & RowPurger & RowAuditor;

const DAY_MS = 86_400_000;

/** What every warehouse promises while nothing is held back by a streaming buffer; rows of others stay untouched. */
export const ROW_SINK_CONTRACT: readonly ContractCase<RowSink>[] = [
  {
    name: "append() adds a row that census() counts",
    async run(sink) {
      const ref = sampleRef(Date.now() - 5 * DAY_MS);
      const before = await sink.census(0);
      await sink.append(sampleRow(ref, { width: 4032, mean_luma: 0.5, has_alpha: false }));
      const after = await sink.census(0);
      assert.equal(after.rows, before.rows + 1);
      assert.ok((after.oldestT0Ms ?? Infinity) <= t0OfImageId(ref.imageId));
      await sink.remove(ref);
    },
  },
  {
    name: "append() takes many rows at once",
    async run(sink) {
      const refs = Array.from({ length: 120 }, () => sampleRef());
      await Promise.all(refs.map((ref) => sink.append(sampleRow(ref))));
      for (const ref of refs.slice(0, 5)) {
        assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 1 });
      }
      assert.ok((await sink.census(0)).rows >= 115);
    },
  },
  {
    name: "remove() removes every attempt of one image and of no other",
    async run(sink) {
      const [ref, other] = [sampleRef(), sampleRef()];
      await sink.append(sampleRow(ref, { status: "failed" }));
      await sink.append(sampleRow(ref, { attempt: 2 }));
      await sink.append(sampleRow(other));
      assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 2 });
      assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 0 });
      assert.deepEqual(await sink.remove(other), { state: "removed", rows: 1 });
    },
  },
  {
    name: "hide() adds one row however often it is called, and remove() takes it",
    async run(sink) {
      const ref = sampleRef();
      await sink.append(sampleRow(ref));
      await sink.hide(ref, { atMs: Date.now() });
      await sink.hide(ref, { atMs: Date.now() + 1 });
      assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 2 });
    },
  },
  {
    name: "hide() works before there is any row",
    async run(sink) {
      const ref = sampleRef();
      await sink.hide(ref, { atMs: Date.now() });
      assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 1 });
    },
  },
  {
    name:
      "held() tells which of many images have rows, and takes another owner's for another image",
    async run(sink) {
      const refs = Array.from({ length: 40 }, () => sampleRef());
      const [first, last] = [refs[0] ?? assert.fail(), refs[39] ?? assert.fail()];
      await sink.append(sampleRow(first));
      await sink.append(sampleRow(first, { attempt: 2 }));
      await sink.hide(last, { atMs: Date.now() });
      const stranger = { ...first, owner: parseOwner("bcdefghijklmnopqrstu") };
      assert.deepEqual(await sink.held([stranger, ...refs]), [first, last]);
      assert.deepEqual(await sink.held([]), []);
      for (const ref of [first, last]) await sink.remove(ref);
      assert.deepEqual(await sink.held(refs), []);
    },
  },
  {
    name: "purge() deletes rows whose T0 lies at or before the time and keeps the rest",
    async run(sink) {
      const t0Ms = Date.now() - 8 * DAY_MS;
      const [old, edge, young] = [sampleRef(t0Ms - 1), sampleRef(t0Ms), sampleRef(t0Ms + 1)];
      for (const ref of [old, edge, young]) await sink.append(sampleRow(ref));
      const removal = await sink.purge(t0Ms);
      assert.ok(removal.state === "removed" && removal.rows >= 2);
      assert.equal((await sink.census(0)).oldestT0Ms, t0Ms + 1);
      assert.deepEqual(await sink.remove(young), { state: "removed", rows: 1 });
      assert.deepEqual(await sink.remove(old), { state: "removed", rows: 0 });
    },
  },
  {
    name: "recordPurge() takes a certificate's lines, and none",
    async run(sink) {
      const line = { certificate: 7, sweptAtMs: Date.now(), evidence: "observed" } as const;
      const counts = { lookedAt: 3, deleted: 2, overdue: 0 };
      const known = await sink.newestCertificate();
      await sink.recordPurge([
        { ...line, ...counts, store: "raw", oldestT0Ms: undefined },
        { ...line, ...counts, store: "processed", oldestT0Ms: Date.now() - DAY_MS },
      ]);
      await sink.recordPurge([]);
      assert.equal(await sink.newestCertificate(), Math.max(known, 7));
    },
  },
  {
    name: "census() counts rows whose T0 lies before the time asked about, to the millisecond",
    async run(sink) {
      const t0Ms = Date.now() - 40 * DAY_MS;
      const refs = [sampleRef(t0Ms - 1), sampleRef(t0Ms)];
      for (const ref of refs) await sink.append(sampleRow(ref));
      assert.equal((await sink.census(t0Ms)).overdue, 1);
      assert.equal((await sink.census(t0Ms + 1)).overdue, 2);
      for (const ref of refs) await sink.remove(ref);
    },
  },
];

/** What every warehouse promises of a row that a streaming buffer holds back: run it with one that does. */
export const BUFFERED_ROW_SINK_CONTRACT: readonly ContractCase<RowSink>[] = [
  {
    name: "remove() and purge() answer buffered and remove nothing",
    async run(sink) {
      const ref = sampleRef(Date.now() - 9 * DAY_MS);
      await sink.append(sampleRow(ref));
      const before = await sink.census(0);
      assert.deepEqual(await sink.remove(ref), { state: "buffered" });
      assert.deepEqual(await sink.purge(t0OfImageId(ref.imageId)), { state: "buffered" });
      assert.deepEqual(await sink.census(0), before);
    },
  },
  {
    name: "hide() works on a buffered row, and its own row is never buffered",
    async run(sink) {
      const [buffered, unknown] = [sampleRef(), sampleRef()];
      await sink.append(sampleRow(buffered));
      await sink.hide(buffered, { atMs: Date.now() });
      await sink.hide(unknown, { atMs: Date.now() });
      assert.deepEqual(await sink.remove(unknown), { state: "removed", rows: 1 });
      assert.deepEqual(await sink.remove(buffered), { state: "buffered" });
    },
  },
];
