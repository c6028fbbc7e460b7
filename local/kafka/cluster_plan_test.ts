import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf, replicationOf } from "./cluster_plan.ts";
import { serverProperties } from "./server_properties.ts";

const THREE = "1:2,3:4,5:6";

test("replicationOf() is as large as the cluster, three replicas at most, one of which may be missing", () => {
  const sizes = ["1:2", "1:2,3:4", THREE, `${THREE},7:8,9:10`].map(planOf).map(replicationOf);
  assert.deepEqual(sizes, [
    { factor: 1, minInSync: 1 },
    { factor: 2, minInSync: 1 },
    { factor: 3, minInSync: 2 },
    { factor: 3, minInSync: 2 },
  ]);
});

test("serverProperties() names a broker's own ports, and every controller as a voter", () => {
  const lines = serverProperties({ cluster: planOf(THREE), nodeId: 2 }).split("\n");
  for (
    const line of [
      "node.id=2",
      "controller.quorum.voters=1@localhost:2,2@localhost:4,3@localhost:6",
      "advertised.listeners=PLAINTEXT://localhost:3",
      "offsets.topic.replication.factor=3",
      "min.insync.replicas=2",
    ]
  ) {
    assert.ok(lines.includes(line), line);
  }
  assert.throws(() => planOf("1:2,3"), RangeError);
});
