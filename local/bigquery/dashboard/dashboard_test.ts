import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { queryOfChart, REPORT_PAGES } from "../../../infra/bigquery/looker/report.ts";
import { openParts } from "../_testing.ts";
import { openSampleBigQuery, type SampleBigQuery } from "../samples/sample_bigquery.ts";
import { readDashboardData, readQuestions } from "./dashboard_data.ts";

describe("the dashboard over the sample data", () => {
  let sample: SampleBigQuery;

  before(async () => {
    sample = await openSampleBigQuery();
  });
  after(() => sample.close());

  test("everything that the page asks for is served here, and its policy lets nothing else in", async () => {
    const page = await fetch(`${sample.url}/`);
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    const html = await page.text();
    assert.doesNotMatch(html, /(?:src|href)="(?!\/dashboard\/)|<script>|style="/);
    const wanted = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    assert.ok(wanted.length >= 4);
    const seen = new Set<string>();
    for (const path of wanted) await follow(path, seen);
    assert.ok(seen.size >= 10, [...seen].join());
  });

  async function follow(path: string, seen: Set<string>): Promise<void> {
    if (seen.has(path)) return;
    seen.add(path);
    const response = await fetch(sample.url + path);
    assert.equal(response.status, 200, path);
    const text = await response.text();
    if (!path.endsWith(".ts")) return;
    assert.match(response.headers.get("content-type") ?? "", /^text\/javascript/);
    for (const [, name] of text.matchAll(/^import .* from "\.\/([^"]+)"/gm)) {
      await follow(`/dashboard/${name}`, seen);
    }
  }

  test("its data are the views' rows, as numbers, truths and texts", async () => {
    const response = await fetch(`${sample.url}/_local/dashboard`);
    const { views, nowMs, retentionMs } = await response.json();
    assert.equal(nowMs, Date.UTC(2026, 10, 16, 12));
    assert.equal(retentionMs, 604_800_000);
    assert.equal(Object.keys(views).length, 10);
    const [first] = views.slo_burn_rates.rows;
    assert.equal(typeof first.is_burning, "boolean");
    assert.equal(typeof first.burn_rate, "number");
    assert.match(views.daily_volume.rows[0].day, /^2026-11-\d\d$/);
  });

  for (const chart of REPORT_PAGES.flatMap(({ charts }) => charts)) {
    test(`Looker's chart "${chart.title}" has figures by the query that its document gives`, async () => {
      const body = JSON.stringify({ query: queryOfChart(chart), useLegacySql: false });
      const response = await fetch(sample.queriesUrl, { method: "POST", body });
      const { schema, error } = await response.json();
      assert.equal(error, undefined);
      const { dimensions, breakdown, metrics } = chart;
      const columns = [...dimensions, ...metrics, ...breakdown === undefined ? [] : [breakdown]];
      assert.equal(schema.fields.length, columns.length);
    });
  }

  for (const { name, sql, maximumBytesBilled } of readQuestions()) {
    test(`question ${name} says how much it may read, and has an answer`, async () => {
      assert.ok(Number(maximumBytesBilled) >= 1e9);
      const response = await fetch(sample.queriesUrl, {
        method: "POST",
        body: JSON.stringify({ query: sql, useLegacySql: false, maximumBytesBilled }),
      });
      const { totalRows, error } = await response.json();
      assert.equal(error, undefined);
      assert.ok(Number(totalRows) > 0);
    });
  }
});

test("there are ten questions, in their order", () => {
  const places = readQuestions().map(({ name }) => Number(name.slice(0, 2)));
  assert.deepEqual(places, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("a view that cannot be read says why and costs no other", async (t) => {
  const parts = await openParts(t, ":memory:", 90_000);
  await parts.catalog.dropTable("tintype", "dominant_colors");
  const { views, retentionMs } = await readDashboardData(parts);
  assert.equal(retentionMs, 90_000);
  assert.match(JSON.stringify(views["dominant_colors"]), /dominant_colors was not found/);
  assert.deepEqual(views["daily_volume"], {
    columns: ["day", "tenant", "source", "status", "images", "bytes", "rendition_bytes"],
    rows: [],
  });
});
