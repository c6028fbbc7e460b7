/** A cluster of three real brokers and the local storage, for what one broker cannot show: failover, replicas, leaders. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Admin } from "kafkajs";
import { freePort } from "@tintype/cli/free_port";
import type { Program } from "@tintype/core/testing/start_program";
import { describeOn, type KafkaTests } from "./describe_on_kafka.ts";
import { openWorld, startBroker, waitForBroker } from "./world.ts";

/** The brokers' numbers. */
export const NODE_IDS = [1, 2, 3] as const;
const OFFSETS_TOPIC = "__consumer_offsets";

/** A broker's number in its cluster. */
type NodeId = (typeof NODE_IDS)[number];

/** Three brokers, each a controller too; topics have three replicas, of which two must be in sync. */
export type Cluster = Exclude<Awaited<ReturnType<typeof startCluster>>, string>;

/** A group of tests that share a cluster; each is skipped where there can be no broker, but not with `CI=true`. */
export function describeOnCluster(name: string, tests: KafkaTests<Cluster>): void {
  describeOn(name, startCluster, tests);
}

async function startCluster() {
  const folder = await mkdtemp(join(tmpdir(), "tintype-cluster-"));
  const free = new Set<number>();
  while (free.size < 2 * NODE_IDS.length) free.add(await freePort());
  const ports = [...free];
  const CLUSTER_PORTS = NODE_IDS.map(() => ports.splice(0, 2).join(":")).join();
  const running = new Map<NodeId, Program>();
  const start = async (nodeId: NodeId) => {
    const node = startBroker({
      DATA_DIR: join(folder, `kafka-${nodeId}`),
      CLUSTER_PORTS,
      NODE_ID: String(nodeId),
    });
    running.set(nodeId, node);
    return await waitForBroker(node);
  };
  const kill = async (nodeId: NodeId, signal: NodeJS.Signals) => {
    const node = running.get(nodeId);
    running.delete(nodeId);
    await node?.kill(signal);
  };
  /** Not in order: the last controllers would wait for a quorum. */
  const end = async () => {
    await Promise.all(NODE_IDS.map((nodeId) => kill(nodeId, "SIGKILL")));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const lines = await Promise.all(NODE_IDS.map(start));
    const missing = lines.find((line) => typeof line === "string");
    if (missing !== undefined) {
      await end();
      return missing;
    }
    const listening = lines.filter((line) => typeof line !== "string");
    const world = await openWorld(listening.map(({ url }) => String(url)));
    return {
      ...world,
      /** Folder of Kafka's jars. */
      libs: String(listening[0]?.["libs"]),
      /** The topics of a test; starts the brokers that the one before it killed. */
      async openTopics() {
        const dead = NODE_IDS.filter((nodeId) => !running.has(nodeId));
        for (const line of await Promise.all(dead.map(start))) assert.equal(typeof line, "object");
        return await world.openTopics();
      },
      /** The broker that coordinates a group now. */
      coordinatorOf: (group: string) => findCoordinator(world.admin, group),
      /** Ends a broker by a signal and starts it again. */
      async restart(nodeId: NodeId, signal: NodeJS.Signals): Promise<void> {
        await kill(nodeId, signal);
        assert.equal(typeof await start(nodeId), "object");
      },
      /** Silences a broker, which keeps its connections, as a partition of the network does. */
      freeze(nodeId: NodeId): void {
        process.kill(-(running.get(nodeId)?.pid ?? NaN), "SIGSTOP");
      },
      /** Ends the silence: the broker goes on with what it knew before. */
      thaw(nodeId: NodeId): void {
        process.kill(-(running.get(nodeId)?.pid ?? NaN), "SIGCONT");
      },
      /** Ends a broker by a signal: SIGKILL at once, SIGTERM in order. */
      kill,
      async close() {
        await world.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The leader of the partition that keeps the group's offsets coordinates it. */
async function findCoordinator(admin: Admin, group: string): Promise<NodeId> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [OFFSETS_TOPIC] });
  const partitions = topics[0]?.partitions ?? [];
  const partitionId = Math.abs(hashOf(group)) % partitions.length;
  const leader = partitions.find((partition) => partition.partitionId === partitionId)?.leader;
  const nodeId = NODE_IDS.find((nodeId) => nodeId === leader);
  assert.ok(nodeId !== undefined, `${group} has no coordinator`);
  return nodeId;
}

/** Java's `String.hashCode()`. */
function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  }
  return hash;
}
