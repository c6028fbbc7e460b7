import assert from "node:assert/strict";
import { after, afterEach, before, describe, it, test } from "node:test";
import type { BigQuery } from "@google-cloud/bigquery";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { createBigQueryClient } from "@tintype/processor/adapters/bigquery_client";
import { makeFolder } from "../_testing.ts";
import { readTables, viewNames } from "../../infra/bigquery/read_schemas.ts";
import { clientOf, imageRow, SAMPLE_DAY, SAMPLE_T0, writeRows } from "./_testing.ts";

describe("the local BigQuery, called by Google's own client", () => {
  let emulator: Emulator;
  let bigquery: BigQuery;

  before(async () => {
    emulator = await startEmulator("bigquery");
    bigquery = clientOf(emulator.url);
  });

  after(async () => {
    assert.equal(await emulator.stop("SIGTERM"), 0);
  });

  afterEach(async () => {
    await emulator.control("DELETE", "/_local/faults");
    await emulator.control("POST", "/_local/dml/young", { ms: 0 });
    await bigquery.query("DELETE FROM tintype.images WHERE TRUE");
  });

  async function count(where = "TRUE"): Promise<number> {
    const sql = `SELECT COUNT(*) AS n FROM tintype.images WHERE ${where}`;
    const [[row]] = await bigquery.query(sql);
    return row.n;
  }

  it("keeps rows and gives them back by a query with named parameters", async () => {
    await writeRows(emulator.url, [
      imageRow("a", { bytes: 7, generation: "1763632800123456", has_alpha: false, entropy: 6.5 }),
      imageRow("b"),
    ]);
    const [[row]] = await bigquery.query({
      query:
        "SELECT * FROM tintype.images WHERE image_id = @id AND t0 <= @until AND bytes > @least",
      params: { id: "a", until: bigquery.timestamp(new Date()), least: 6 },
    });
    assert.equal(row.bytes, 7);
    assert.equal(row.generation, 1763632800123456);
    assert.equal(row.has_alpha, false);
    assert.equal(row.entropy, 6.5);
    assert.equal(row.t0.value, SAMPLE_T0);
    assert.equal("_ingested_at" in row, false);
    assert.equal(row.reason, null);
  });

  it("resolves the table with and without the project's name", async () => {
    await writeRows(emulator.url, [imageRow("a")]);
    const sql = "SELECT COUNT(*) FROM `tintype-local.tintype.images`";
    const [[row]] = await bigquery.query(sql);
    assert.deepEqual(row, { f0_: 1 });
  });

  it("takes arrays, null and an empty array as parameters", async () => {
    await writeRows(emulator.url, [imageRow("a"), imageRow("b"), imageRow("c")]);
    const find = async (ids: string[]) => {
      const [rows] = await bigquery.query({
        query:
          "SELECT image_id FROM tintype.images WHERE image_id IN UNNEST(@ids) AND reason IS NOT DISTINCT FROM @reason ORDER BY 1",
        params: { ids, reason: null },
        types: { ids: ["STRING"], reason: "STRING" },
      });
      return rows.map((row) => row.image_id);
    };
    assert.deepEqual(await find(["a", "c", "x"]), ["a", "c"]);
    assert.deepEqual(await find([]), []);
  });

  it("gives records back as they were written, and an empty list where there was none", async () => {
    const renditions = [
      { name: "large", width: 1600, height: 1200, media_type: "image/jpeg", bytes: 90_000 },
      { name: "thumb", width: 200, height: 150, media_type: "image/jpeg", bytes: 9_000 },
    ];
    await writeRows(emulator.url, [imageRow("a", { renditions }), imageRow("b")]);
    const [rows] = await bigquery.query(
      "SELECT image_id, renditions FROM tintype.images ORDER BY image_id",
    );
    assert.deepEqual(rows, [{ image_id: "a", renditions }, { image_id: "b", renditions: [] }]);
    for (const table of ["images", "images_current"]) {
      const [metadata] = await bigquery.dataset("tintype").table(table).getMetadata();
      const fields: { name: string; type: string; mode: string; fields: { name: string }[] }[] =
        metadata.schema.fields;
      const field = fields.find(({ name }) => name === "renditions");
      assert.deepEqual([field?.type, field?.mode], ["RECORD", "REPEATED"], table);
      assert.deepEqual(field?.fields.map(({ name }) => name), Object.keys(renditions[0] ?? {}));
    }
  });

  it("deletes and says how many rows went", async () => {
    await writeRows(emulator.url, [imageRow("a"), imageRow("b")]);
    const [job] = await bigquery.createQueryJob({
      query: "DELETE FROM tintype.images WHERE image_id = @id",
      params: { id: "a" },
    });
    const [rows] = await job.getQueryResults();
    const [metadata] = await job.getMetadata();
    assert.deepEqual(rows, []);
    assert.equal(metadata.statistics.query.numDmlAffectedRows, "1");
    assert.equal(metadata.statistics.query.dmlStats.deletedRowCount, "1");
    assert.equal(await count(), 1);
  });

  it("refuses a whole statement that would change a young row, and no other", async () => {
    await bigquery.query(
      "INSERT INTO tintype.images (image_id, tenant, owner, t0, status, processed_at) VALUES ('old', 't', 'o', CURRENT_TIMESTAMP(), 'ready', CURRENT_TIMESTAMP())",
    );
    await writeRows(emulator.url, [imageRow("new")]);
    await emulator.control("POST", "/_local/dml/young", { ms: 60_000 });
    const refused = {
      message:
        "UPDATE or DELETE statement over table tintype-local.tintype.images would affect rows in the streaming buffer, which is not supported",
      code: 400,
    };
    const run = (sql: string) => bigquery.query(sql);
    await assert.rejects(run("DELETE FROM tintype.images WHERE TRUE"), refused);
    await assert.rejects(
      run("UPDATE tintype.images SET status = 'x' WHERE image_id = 'new'"),
      refused,
    );
    await assert.rejects(
      run(
        "MERGE INTO tintype.images t USING (SELECT 'new' AS id) s ON t.image_id = s.id WHEN MATCHED THEN DELETE",
      ),
      refused,
    );
    assert.equal(await count("status = 'ready'"), 2);
    await run("DELETE FROM tintype.images WHERE image_id = 'old'");
    assert.equal(await count(), 1);
    await emulator.control("POST", "/_local/dml/young", { ms: 0 });
    await run("DELETE FROM tintype.images WHERE TRUE");
    assert.equal(await count(), 0);
  });

  it("names what it cannot do", async () => {
    await assert.rejects(
      bigquery.query("SELECT FARM_FINGERPRINT(tenant) FROM tintype.images"),
      (error) => {
        assert.match(Object(error).message, /does not run the function FARM_FINGERPRINT/);
        assert.equal(Object(error).errors[0].reason, "invalidQuery");
        return true;
      },
    );
    await assert.rejects(bigquery.query("SELECT * FROM tintype.nothing"), { code: 404 });
    await assert.rejects(bigquery.query("SELECT * FROM tintype.images WHERE t0 < @t"), {
      message: "Query parameter 't' not found",
    });
    await assert.rejects(bigquery.query("COPY (SELECT 1) TO '/tmp/x.csv'"), {
      code: 400,
    });
    await assert.rejects(bigquery.query(" ;"), {
      message: "Cannot run a query that is empty",
    });
  });

  it("runs a view by its translation: the newest attempt, erased images hidden from their tenant's rows only", async () => {
    await writeRows(emulator.url, [
      imageRow("a", { attempt: 1, status: "failed", reason: "internal" }),
      imageRow("a", { attempt: 2, processed_at: `${SAMPLE_DAY}T10:00:09Z` }),
      imageRow("b"),
      imageRow("b", { status: "erased", processed_at: `${SAMPLE_DAY}T10:00:01Z` }),
      imageRow("b", { tenant: "other", owner: "zyxwvutsrqponmlkjihg" }),
    ]);
    const [rows] = await bigquery.query(
      "SELECT image_id, owner, attempt FROM tintype.images_current ORDER BY image_id",
    );
    assert.deepEqual(rows, [
      { image_id: "a", owner: "abcdefghijklmnopqrst", attempt: 2 },
      { image_id: "b", owner: "zyxwvutsrqponmlkjihg", attempt: null },
    ]);
    const [[day]] = await bigquery.query(
      "SELECT day, SUM(images) AS images FROM tintype.daily_volume GROUP BY day",
    );
    assert.equal(day.day.value, SAMPLE_DAY);
    assert.equal(day.images, 2);
  });

  it("describes datasets, tables and views as the client asks for them", async () => {
    const dataset = bigquery.dataset("tintype");
    assert.deepEqual(await dataset.exists(), [true]);
    assert.deepEqual(await bigquery.dataset("none").exists(), [false]);
    assert.deepEqual(await dataset.table("none").exists(), [false]);
    const [tables] = await dataset.getTables();
    const names = [...readTables().map(({ name }) => name), ...viewNames()];
    assert.deepEqual(tables.map(({ id }) => id), names.sort());
    const [metadata] = await dataset.table("images").getMetadata();
    const byName = new Map<string, { type: string; mode: string }>(
      metadata.schema.fields.map((field: { name: string }) => [field.name, field]),
    );
    assert.equal(byName.get("t0")?.type, "TIMESTAMP");
    assert.equal(byName.get("t0")?.mode, "REQUIRED");
    assert.equal(byName.has("_ingested_at"), false);
    const [view] = await dataset.table("images_current").getMetadata();
    assert.equal(view.type, "VIEW");
    assert.match(view.view.query, /QUALIFY/);
    const [volume] = await dataset.table("daily_volume").getMetadata();
    assert.deepEqual(volume.schema.fields[0], {
      name: "day",
      type: "DATE",
      mode: "NULLABLE",
      description: "Day of T0 in UTC",
    });
  });

  it("creates a dataset and a table, gives it a column and pages through its rows", async () => {
    const [dataset] = await bigquery.createDataset("lab");
    const [table] = await dataset.createTable("notes", { schema: "id:INTEGER,text:STRING" });
    const fields = [
      { name: "id", type: "INTEGER" },
      { name: "text", type: "STRING" },
      { name: "at", type: "TIMESTAMP" },
    ];
    await table.setMetadata({ schema: { fields } });
    await bigquery.query(
      "INSERT INTO lab.notes (id, text, `at`) VALUES (1, 'it\\'s', '2026-01-01 00:00:00+00'), (2, NULL, NULL)",
    );
    const [rows] = await table.getRows({ maxResults: 1, autoPaginate: true });
    assert.equal(rows.length, 1);
    assert.equal(rows[0].text, "it's");
    assert.equal(rows[0].at.value, "2026-01-01T00:00:00.000Z");
    const [all] = await bigquery.query({
      query: "SELECT id FROM lab.notes ORDER BY id",
      maxResults: 1,
    });
    assert.deepEqual(all, [{ id: 1 }, { id: 2 }]);
    await assert.rejects(dataset.createTable("notes", { schema: "id:INTEGER" }), { code: 409 });
    await table.delete();
    assert.deepEqual(await table.exists(), [false]);
  });

  it("gives the production client every row, those behind the first page too", async () => {
    const client = createBigQueryClient({ projectId: "tintype-local", endpoint: emulator.url });
    const sql = "SELECT i FROM UNNEST(GENERATE_ARRAY(0, 24999)) AS i ORDER BY i";
    const { rows } = await client.query({ sql });
    assert.equal(rows.length, 25_000);
    assert.deepEqual(rows.at(-1), { i: 24_999 });
  });

  it("refuses a body over the limit, and serves the connection's next request", async () => {
    const url = `${emulator.url}/bigquery/v2/projects/tintype-local/queries`;
    for (let turn = 0; turn < 3; turn++) {
      const body = " ".repeat(10 * 1024 * 1024 + 1);
      const refused = await fetch(url, { method: "POST", body });
      assert.equal(refused.status, 413);
      await refused.body?.cancel();
      const query = JSON.stringify({ query: "SELECT 1", useLegacySql: false });
      const served = await fetch(url, { method: "POST", body: query });
      await served.body?.cancel();
      assert.equal(served.status, 200);
    }
  });

  it("writes the rows and drops the reply on demand, so that their repetition is a double", async () => {
    await emulator.control("POST", "/_local/faults", {
      match: { path: "^/_local/rows$" },
      action: { dropReply: true },
    });
    await assert.rejects(writeRows(emulator.url, [imageRow("a")]));
    assert.equal(await count(), 1);
    assert.deepEqual(await writeRows(emulator.url, [imageRow("a")]), []);
    assert.equal(await count(), 2);
  });
});

test("a row whose write was answered is there after SIGKILL, and so is its table's schema", async (t) => {
  const DATA_DIR = await makeFolder(t);
  const first = await startEmulator("bigquery", { DATA_DIR });
  const ids = Array.from({ length: 40 }, (_, index) => `row-${index}`);
  try {
    await Promise.all(ids.map((id) => writeRows(first.url, [imageRow(id)])));
  } finally {
    await first.stop("SIGKILL");
  }
  const second = await startEmulator("bigquery", { DATA_DIR });
  t.after(() => second.stop());
  const [rows] = await clientOf(second.url).query("SELECT image_id, t0 FROM tintype.images");
  assert.deepEqual(new Set(rows.map((row) => row.image_id)), new Set(ids));
  assert.equal(rows[0].t0.value, SAMPLE_T0);
});
