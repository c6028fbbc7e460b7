import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { eventually } from "@tintype/core/testing/eventually";
import { startApp } from "../http/_testing.ts";
import { imageRow, openParts } from "../bigquery/_testing.ts";
import { makeBigQueryApp } from "../bigquery/bigquery_app.ts";
import { runQuery } from "../bigquery/run_query.ts";
import { PROJECT, startApi } from "./_testing.ts";

const IMAGES = `projects/${PROJECT}/topics/tintype-images`;

/** The topology over a local BigQuery, which `state.working = false` breaks. */
async function startRows(t: TestContext) {
  const parts = await openParts(t);
  const app = makeBigQueryApp(parts);
  const state = { working: true };
  const controls = app.controls.map((control) => ({
    ...control,
    run: (body: unknown) => state.working ? control.run(body) : { status: 503, body: {} },
  }));
  const api = await startApi(t, { bigqueryUrl: await startApp(t, { ...app, controls }) });
  const publish = (...rows: readonly unknown[]) =>
    api.broker.publish(
      IMAGES,
      rows.map((row) => ({
        data: Buffer.from(typeof row === "string" ? row : JSON.stringify(row)).toString("base64"),
        attributes: { type: "image.ready" },
      })),
    );
  const read = async (sql: string) =>
    (await runQuery(parts, sql)).rows.map((row) => row.map(String));
  const counts = () =>
    api.broker.status(
      api.broker.subscriptions.get(`projects/${PROJECT}/subscriptions/tintype-images-bigquery`),
    );
  return { ...api, publish, read, counts, state };
}

test("each message is a row, key for key, and no attribute is", async (t) => {
  const { publish, read, counts } = await startRows(t);
  publish(imageRow("one", { bytes: 12 }), imageRow("two"));
  await eventually("two rows", () => counts().delivered === 2);
  const rows = await read("SELECT image_id, bytes, tenant FROM tintype.images ORDER BY 1");
  assert.deepEqual(rows, [["one", "12", "acme"], ["two", "null", "acme"]]);
});

test("a message that makes no row waits, others go on, and it ends as a dead letter", async (t) => {
  const { publish, read, counts, call } = await startRows(t);
  publish({ ...imageRow("unknown"), colour: "red" }, imageRow("good"), "no JSON");
  await eventually("two dead letters", () => counts().deadLettered === 2);
  assert.deepEqual(await read("SELECT image_id FROM tintype.images"), [["good"]]);
  const pull = { maxMessages: 10, returnImmediately: true };
  const { body } = await call("POST", "subscriptions/tintype-images-dead:pull", pull);
  const letters = body["receivedMessages"] as { message: { attributes: object } }[]; // the API's
  const source = { type: "image.ready", CloudPubSubDeadLetterSourceDeliveryCount: "3" };
  for (const { message } of letters) {
    const { type, CloudPubSubDeadLetterSourceDeliveryCount } = Object(message.attributes);
    assert.deepEqual({ type, CloudPubSubDeadLetterSourceDeliveryCount }, source);
  }
  assert.equal(letters.length, 2);
});

test("while BigQuery fails messages wait without an attempt spent", async (t) => {
  const { publish, read, counts, state } = await startRows(t);
  state.working = false;
  publish(imageRow("one"));
  await new Promise((resolve) => setTimeout(resolve, 150));
  state.working = true;
  await eventually("a row", () => counts().delivered === 1);
  assert.equal(counts().deadLettered, 0);
  assert.deepEqual(await read("SELECT image_id FROM tintype.images"), [["one"]]);
});

test("without the table's schema the data is a column, and metadata are columns where they are asked for", async (t) => {
  const { call, read, broker } = await startRows(t);
  const topic = `projects/${PROJECT}/topics/texts`;
  await call("PUT", "topics/texts", {});
  await read(
    "CREATE TABLE tintype.texts (data STRING, subscription_name STRING, message_id STRING, publish_time TIMESTAMP, attributes STRING)",
  );
  const bigqueryConfig = { table: `${PROJECT}.tintype.texts`, writeMetadata: true };
  const created = await call("PUT", "subscriptions/texts", { topic, bigqueryConfig });
  assert.equal(created.status, 200);
  const attributes = { a: "b" };
  const [id] = broker.publish(topic, [{
    data: Buffer.from("hello").toString("base64"),
    attributes,
  }]);
  const query = "SELECT data, subscription_name, message_id, attributes FROM tintype.texts";
  await eventually("a row", async () => (await read(query)).length === 1);
  const name = `projects/${PROJECT}/subscriptions/texts`;
  assert.deepEqual(await read(query), [["hello", name, id, '{"a":"b"}']]);
});

test("keys without a column are left out where the subscription says so, and a table that is not there refuses", async (t) => {
  const { call, read, publish, broker } = await startRows(t);
  const create = async (id: string, bigqueryConfig: object) => {
    const deadLetterPolicy = { deadLetterTopic: `${IMAGES}-dead` };
    const body = { topic: IMAGES, bigqueryConfig, deadLetterPolicy };
    assert.equal((await call("PUT", `subscriptions/${id}`, body)).status, 200);
    return () => broker.status(broker.subscriptions.get(`projects/${PROJECT}/subscriptions/${id}`));
  };
  const table = `${PROJECT}.tintype.images`;
  const loose = await create("loose", { table, useTableSchema: true, dropUnknownFields: true });
  const lost = await create("lost", { table: `${PROJECT}.tintype.none`, useTableSchema: true });
  publish({ ...imageRow("one"), colour: "red" });
  await eventually(
    "a row and a dead letter",
    () => loose().delivered === 1 && lost().deadLettered === 1,
  );
  assert.deepEqual(await read("SELECT image_id FROM tintype.images"), [["one"]]);
});

test("rows beyond the size of a request are written in more than one, none of them refused", async (t) => {
  const { publish, counts } = await startRows(t);
  const wide = (id: string) => imageRow(id, { owner: "x".repeat(4_000_000) });
  publish(wide("one"), wide("two"), wide("three"));
  await eventually("three rows", () => counts().delivered === 3);
  assert.equal(counts().deadLettered, 0);
});
