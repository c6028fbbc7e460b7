import assert from "node:assert/strict";
import { test } from "node:test";
import { planRedrive, REDRIVE, requireAgreement } from "./redrive_plan.ts";
import { shortened, typed } from "./shown_text.ts";

/** The plan of a command line. */
function planOf(line = "") {
  const args = line.split(" ").filter((word) => word !== "");
  return planRedrive(requireAgreement(REDRIVE.parse(args)), "node");
}

test("redrive goes to both places, looks before it acts, and only looks by --dry-run's command", () => {
  const [events, kafka] = planOf();
  assert.deepEqual([events?.place, kafka?.place], ["events", "kafka"]);
  assert.ok(events?.act.every((command) => command.join(" ").includes("http://localhost:9023/")));
  const [look] = kafka?.look ?? [];
  assert.equal(look?.at(-1), "--dry-run");
  assert.deepEqual(kafka?.act, [look?.slice(0, -1)]);
});

test("redrive of a cloud repairs at once, and a query whose bytes are bounded", () => {
  const [events, none] = planOf("--only events --project p --keeper https://k --prefix acme");
  assert.equal(none, undefined);
  assert.deepEqual(events?.act.map(typed), [
    "npx deno task repair --since 7d --project p --keeper https://k --prefix acme",
  ]);
  assert.match(
    typed(events?.look[0] ?? [""]),
    /^bq query .*--maximum_bytes_billed=\d+ 'SELECT COUNT/,
  );
});

test("redrive has a member of the bridge send letters of the reasons again", () => {
  const line = "--only kafka --project p --bridge http://localhost:9081 --reason too_large";
  const [kafka] = planOf(`${line} --reason not_an_image`);
  const text = typed(kafka?.act[0] ?? ["", ""]);
  assert.match(
    text,
    / redrive --reason too_large --reason not_an_image --bridge http:\/\/localhost:9081$/,
  );
});

test("redrive refuses a wrong call in one line", () => {
  const cases = {
    "--only mail": /--only must be one of events, kafka \(got "mail"\)$/,
    "--keeper https://k": /--keeper and --prefix need --project$/,
    "--project p": /--project needs --keeper$/,
    "--project p --keeper https://k": /--project needs --bridge$/,
    "--only kafka --bridge zone/member": /--bridge must be an http or https address/,
    "--only events --reason too_large": /--only events leaves --reason and --bridge out$/,
    "--nothing": /Unknown option '--nothing': see --help$/,
    "now": /Unexpected argument 'now': see --help$/,
  };
  for (const [line, message] of Object.entries(cases)) {
    assert.throws(() => planOf(line), { name: "UsageError", message });
  }
});

test("a command is shown as it can be typed", () => {
  assert.equal(typed(["curl", "--data", `{"a":"it's"}`]), `curl --data '{"a":"it'\\''s"}'`);
});

test("an answer of the local system is shown as what it counts, everything else as it is", () => {
  const answer = JSON.stringify({
    kind: "bigquery#queryResponse",
    schema: { fields: [{ name: "failed", type: "INTEGER" }] },
    rows: [{ f: [{ v: "3" }] }],
  });
  assert.equal(shortened(answer), "failed: 3");
  assert.equal(shortened('{"redriven":0}'), "redriven: 0");
  const push = { queued: 1, delivered: 7, dead: 2, settings: { drop: 1 }, oldestQueuedMs: null };
  assert.equal(shortened(JSON.stringify(push)), "queued: 1, dead: 2");
  const job = { job: "repair", status: 200, body: { lookedAt: 9, republished: 2, survived: 1 } };
  assert.equal(shortened(JSON.stringify(job)), "republished: 2");
  const others = [
    '{"error":{"code":503,"message":"no"}}',
    "{ not JSON",
    "1 sent, 0 cannot be sent",
  ];
  for (const text of others) assert.equal(shortened(text), text);
});
