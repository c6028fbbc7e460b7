import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeTopic, type TopicRole } from "./topic_rules.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
const RIGHT = {
  cleanupPolicy: "delete",
  retentionMs: 48 * HOUR_MS,
  segmentMs: 12 * HOUR_MS,
  timestampType: "LogAppendTime",
} as const;

type Settings = NonNullable<Parameters<typeof judgeTopic>[0]["settings"]>;
type Accept = Parameters<typeof judgeTopic>[1];

const judge = (given: Partial<Settings>, accept: Accept = {}, role: TopicRole = "source") =>
  judgeTopic({ topic: "images", role, settings: { ...RIGHT, ...given } }, accept, ["a:1", "b:1"]);

/** A deviation, what is pasted to undo it, the line that accepts it, and lines that do not. */
const DEVIATIONS: readonly (readonly [Partial<Settings>, RegExp, Accept, ...Accept[]])[] = [
  [
    { retentionMs: WEEK_MS },
    /got 604800000, 168 h\)\. .*--entity-name images --add-config retention\.ms=259200000 or .*"retentionHours": 168/,
    { retentionHours: 168 },
    { retentionHours: 167 },
    { createTime: true },
  ],
  [
    { retentionMs: -1 },
    /got -1, without an end.*retention\.ms=259200000 .*"retentionHours": "unlimited"/,
    { retentionHours: "unlimited" },
    { retentionHours: 100_000 },
  ],
  [
    { retentionMs: WEEK_MS, segmentMs: 2 * WEEK_MS },
    /retention\.ms=259200000,segment\.ms=43200000 or .*\{"accept": \{"retentionHours": 336\}\}\}$/,
    { retentionHours: 336 },
    { retentionHours: 100 },
  ],
  [
    { cleanupPolicy: "compact", retentionMs: -1 },
    /--bootstrap-server a:1,b:1 .*--add-config cleanup\.policy=delete or .*"compaction": true/,
    { compaction: true },
    { retentionHours: "unlimited" },
  ],
  [
    { timestampType: "CreateTime" },
    /must be LogAppendTime \(got CreateTime\).*"createTime": true/,
    { createTime: true },
    { createTime: false },
  ],
];

for (const [given, advice, accept, ...others] of DEVIATIONS) {
  test(`judgeTopic() refuses ${JSON.stringify(given)} with a command, or takes its acceptance`, () => {
    for (const other of [{}, ...others]) {
      const { verdict, advice: text } = judge(given, other);
      assert.equal(verdict, "refused", JSON.stringify(other));
      assert.match(text ?? "", advice);
    }
    assert.deepEqual([judge(given, accept).verdict, judge(given, accept).advice], [
      "accepted",
      undefined,
    ]);
  });
}

test("judgeTopic() has other bounds for the topics of dead letters, results and redrives", () => {
  const threeDays = { retentionMs: 72 * HOUR_MS };
  assert.equal(judge(threeDays).verdict, "within");
  assert.equal(judge(threeDays, {}, "redrive").verdict, "refused");
  for (const role of ["deadLetters", "results"] as const) {
    assert.match(judge(threeDays, {}, role).advice ?? "", /^Cannot write topic images/);
    assert.equal(judge({ timestampType: "CreateTime" }, {}, role).verdict, "within");
  }
});
