import type { ImageRow } from "@tintype/core/model/image_row";
import { IMAGE_ROWS_CONTRACT, type TestedRows } from "@tintype/core/testing/image_rows_contract";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createBigQueryClient } from "./bigquery_client.ts";
import { BigQueryRows } from "./bigquery_rows.ts";

const TARGET = { project: "tintype-local", dataset: "tintype", table: "images" };
const YEAR_MS = 365 * 86_400_000;

/** Rows that are written as subscriptions write them. */
class WrittenRows extends BigQueryRows implements TestedRows {
  readonly #emulator: Emulator;

  constructor(emulator: Emulator) {
    const client = createBigQueryClient({ projectId: TARGET.project, endpoint: emulator.url });
    super(client, { dataset: TARGET.dataset, periodMs: YEAR_MS });
    this.#emulator = emulator;
  }

  async write(...rows: readonly ImageRow[]): Promise<void> {
    await this.#emulator.control("POST", "/_local/rows", { ...TARGET, rows });
  }
}

describe("BigQueryRows on the local BigQuery", () => {
  let emulator: Emulator;
  let rows: WrittenRows;
  before(async () => {
    emulator = await startEmulator("bigquery");
    rows = new WrittenRows(emulator);
  });
  after(async () => void await emulator.stop());

  test("newestCertificate() is that of the newest copy, 0 where there is none", async () => {
    assert.equal(await rows.newestCertificate(), 0);
    const numbers = { store: "raw", evidence: "observed", looked_at: 0, deleted: 0, overdue: 0 };
    const purges = [3, 7, 5].map((certificate) => (
      { certificate, swept_at: new Date().toISOString(), oldest_t0: null, ...numbers }
    ));
    await emulator.control("POST", "/_local/rows", { ...TARGET, table: "purges", rows: purges });
    assert.equal(await rows.newestCertificate(), 7);
  });

  for (const { name, run } of IMAGE_ROWS_CONTRACT) test(name, () => run(rows));
});
