import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { makeFolder } from "../_testing.ts";
import { planOfMany, planOfOne, replicationOf } from "./cluster_plan.ts";
import { serverProperties } from "./server_properties.ts";

const kafkaFolder = async (t: TestContext) => join(await makeFolder(t), "kafka");

test("planOfMany() gives brokers that start at the same time one plan, and later ones too", async (t) => {
  const folder = await kafkaFolder(t);
  const plans = await Promise.all([1, 2, 3].map(() => planOfMany(folder, 3)));
  plans.push(await planOfMany(folder, 3));
  const [first] = plans;
  for (const plan of plans) assert.deepEqual(plan, first);
  assert.deepEqual(first?.nodes.map(({ nodeId }) => nodeId), [1, 2, 3]);
  const ports = first?.nodes.flatMap(({ port, controllerPort }) => [port, controllerPort]);
  assert.equal(new Set(ports).size, 6);
  assert.ok(ports?.every((port) => port > 0));
  assert.deepEqual(await readdir(folder), ["cluster.json"]);
});

test("planOfMany() refuses the folder of a cluster of another size", async (t) => {
  const folder = await kafkaFolder(t);
  await planOfMany(folder, 3);
  await assert.rejects(planOfMany(folder, 2), /must have 2 brokers \(got 3\)$/);
});

test("replicationOf() is as large as the cluster, three replicas at most, one of which may be missing", () => {
  const one = planOfOne({ port: 1, controllerPort: 2 });
  const ofSize = (count: number) =>
    replicationOf({ ...one, nodes: Array.from({ length: count }, () => one.nodes).flat() });
  assert.deepEqual([1, 2, 3, 5].map(ofSize), [
    { factor: 1, minInSync: 1 },
    { factor: 2, minInSync: 1 },
    { factor: 3, minInSync: 2 },
    { factor: 3, minInSync: 2 },
  ]);
});

test("serverProperties() names a broker's own ports, and every controller as a voter", async (t) => {
  const cluster = await planOfMany(await kafkaFolder(t), 3);
  const [one, two, three] = cluster.nodes;
  const lines = serverProperties({ cluster, nodeId: 2 }).split("\n");
  const voters = [one, two, three].map((node) =>
    `${node?.nodeId}@localhost:${node?.controllerPort}`
  );
  for (
    const line of [
      "node.id=2",
      `controller.quorum.voters=${voters.join(",")}`,
      `advertised.listeners=PLAINTEXT://localhost:${two?.port}`,
      "offsets.topic.replication.factor=3",
      "min.insync.replicas=2",
    ]
  ) {
    assert.ok(lines.includes(line), line);
  }
});
