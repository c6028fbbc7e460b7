import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readViewColumns, viewNames } from "../read_schemas.ts";
import { linkingAddress } from "./main.ts";
import { columnsOfChart, REPORT_PAGES, reportViews } from "./report.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

test("linkingAddress() connects each view of the report as a data source of its name", () => {
  const url = new URL(linkingAddress({ project: "my-project", dataset: "tintype" }));
  assert.equal(url.origin + url.pathname, "https://lookerstudio.google.com/reporting/create");
  for (const view of reportViews()) {
    const of = (name: string) => url.searchParams.get(`ds.${view}.${name}`);
    assert.deepEqual(
      [of("connector"), of("type"), of("projectId"), of("datasetId"), of("tableId")],
      ["bigQuery", "TABLE", "my-project", "tintype", view],
    );
  }
  assert.equal(url.searchParams.has("c.reportId"), false);
});

test("linkingAddress() opens a report of one's own, paid by another project", () => {
  const options = {
    project: "my-project",
    dataset: "d",
    billingProject: "payer-1",
    report: "ab-1",
  };
  const { searchParams } = new URL(linkingAddress(options));
  assert.equal(searchParams.get("c.reportId"), "ab-1");
  assert.equal(searchParams.get("ds.daily_volume.billingProjectId"), "payer-1");
});

test("every chart names a view and columns that are there", () => {
  for (const chart of REPORT_PAGES.flatMap(({ charts }) => charts)) {
    assert.ok(viewNames().includes(chart.view), chart.title);
    const columns = readViewColumns(chart.view).map(({ name }) => name);
    const unknown = columnsOfChart(chart).filter((column) => !columns.includes(column));
    assert.deepEqual(unknown, [], chart.title);
  }
});

test("the report shows every view but those that hold a row for each image or event", () => {
  const large = ["images_current", "slo_events"];
  assert.deepEqual(reportViews(), viewNames().filter((view) => !large.includes(view)));
});

test("the command prints one address, and its help", () => {
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  assert.match(run("--project", "my-project"), /^https:\/\/lookerstudio\.google\.com\/\S+\n$/);
  assert.match(run("--help"), /^Usage: deno task looker/);
});
