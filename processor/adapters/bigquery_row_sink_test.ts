import { isAppError } from "@tintype/core/errors";
import {
  BUFFERED_ROW_SINK_CONTRACT,
  ROW_SINK_CONTRACT,
} from "@tintype/core/testing/row_sink_contract";
import { sampleRef, sampleRow } from "@tintype/core/testing/sample_row";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createBigQueryClient } from "./bigquery_client.ts";
import { BigQueryRowSink } from "./bigquery_row_sink.ts";

describe("BigQueryRowSink on the local BigQuery", () => {
  let emulator: Emulator;
  let sink: BigQueryRowSink;

  before(async () => {
    emulator = await startEmulator("bigquery");
    sink = sinkOf(emulator.url);
  });
  after(async () => void await emulator.stop());

  for (const { name, run } of ROW_SINK_CONTRACT) test(name, () => run(sink));

  test("append() refuses a row that the schema does not know, and only that row", async () => {
    const [good, bad, alsoGood] = [sampleRef(), sampleRef(), sampleRef()];
    const settled = await Promise.allSettled([
      sink.append(sampleRow(sampleRef())), // goes alone, so that the next ones share a batch
      sink.append(sampleRow(good)),
      sink.append(sampleRow(bad, { no_such_column: 1 })),
      sink.append(sampleRow(alsoGood)),
    ]);
    assert.deepEqual(settled.map(({ status }) => status), [
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    const refusal = settled[2];
    assert.ok(refusal?.status === "rejected" && isAppError(refusal.reason, "internal"));
    assert.match(refusal.reason.message, /no_such_column/);
    assert.deepEqual(await sink.remove(good), { state: "removed", rows: 1 });
    assert.deepEqual(await sink.remove(bad), { state: "removed", rows: 0 });
  });

  test("append() of one attempt twice makes one row", async () => {
    const ref = sampleRef();
    await sink.append(sampleRow(ref));
    await sink.append(sampleRow(ref));
    assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 1 });
  });

  test("hide() and remove() keep to the image's owner", async () => {
    const ref = sampleRef();
    const other = { ...ref, owner: sampleRef().owner, tenant: ref.tenant };
    const stranger = { ...other, tenant: "someone-else" as typeof ref.tenant }; // a tenant's name
    await sink.append(sampleRow(ref));
    assert.deepEqual(await sink.remove(stranger), { state: "removed", rows: 0 });
    assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 1 });
  });

  test("a call on a warehouse that answers 503 for a moment goes through", async () => {
    await emulator.control("POST", "/_local/faults", {
      match: { path: "insertAll" },
      times: 1,
      action: { status: 503 },
    });
    const ref = sampleRef();
    await sink.append(sampleRow(ref));
    assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 1 });
  });

  test("a call whose reply is lost is repeated and changes nothing twice", async () => {
    const ref = sampleRef();
    const lost = { times: 1, action: { dropReply: true } };
    await emulator.control("POST", "/_local/faults", { match: { path: "insertAll" }, ...lost });
    await sink.append(sampleRow(ref));
    await emulator.control("POST", "/_local/faults", { match: { path: "queries" }, ...lost });
    assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 0 });
    assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 0 });
  });

  test("an aborted signal ends append() with its reason", async () => {
    const signal = AbortSignal.abort(new Error("over"));
    await assert.rejects(() => sink.append(sampleRow(sampleRef()), { signal }), /over/);
  });
});

describe("BigQueryRowSink while rows lie in the streaming buffer", () => {
  let emulator: Emulator;

  before(async () => {
    emulator = await startEmulator("bigquery");
    await emulator.control("POST", "/_local/buffer", { seconds: 60 });
  });
  after(async () => void await emulator.stop());

  for (const { name, run } of BUFFERED_ROW_SINK_CONTRACT) {
    test(name, () => run(sinkOf(emulator.url)));
  }
});

test("BigQueryRowSink says unavailable where nothing listens", async () => {
  const sink = sinkOf("http://127.0.0.1:9");
  await assert.rejects(
    () => sink.append(sampleRow(sampleRef())),
    (error) => isAppError(error, "unavailable"),
  );
});

function sinkOf(endpoint: string): BigQueryRowSink {
  const client = createBigQueryClient({ projectId: "tintype-local", endpoint });
  return new BigQueryRowSink(client, { dataset: "tintype", purgesRetentionMs: 400 * 86_400_000 });
}
