/** A cluster of three real brokers and the local storage, for what one broker cannot show: failover, replicas, leaders. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Admin } from "kafkajs";
import { type Line, type Program } from "@tintype/core/testing/start_program";
import { describeOn, type KafkaTest } from "./describe_on_kafka.ts";
import { openWorld, startBroker, type TestWorld, waitForBroker } from "./world.ts";

const NODE_IDS = [1, 2, 3] as const;
const OFFSETS_TOPIC = "__consumer_offsets";

/** A broker's number in its cluster. */
type NodeId = (typeof NODE_IDS)[number];

/** Three brokers, each a controller too; topics have three replicas, of which two must be in sync. */
export interface Cluster extends TestWorld {
  /** Folder of Kafka's jars. */
  readonly libs: string;
  /** The broker that coordinates a group now. */
  coordinatorOf(group: string): Promise<NodeId>;
  /** Ends a broker by a signal: SIGKILL at once, SIGTERM in order. */
  kill(nodeId: NodeId, signal: NodeJS.Signals): Promise<void>;
}

/** A group of tests that share a cluster; each is skipped where there can be no broker, but not with `CI=true`. */
export function describeOnCluster(
  name: string,
  declare: (kafkaTest: KafkaTest<Cluster>) => void,
): void {
  describeOn(name, startCluster, declare);
}

async function startCluster(): Promise<Cluster | string> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-cluster-"));
  const nodes = new ClusterNodes(join(folder, "kafka"));
  const end = async () => {
    await nodes.killAll();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const lines = await nodes.startAll();
    if (typeof lines === "string") {
      await end();
      return lines;
    }
    const world = await openWorld(lines.map(({ url }) => String(url)));
    return {
      ...world,
      libs: String(lines[0]?.["libs"]),
      /** The topics of a test; starts the brokers that the one before it killed. */
      async openTopics() {
        await nodes.startDead();
        return await world.openTopics();
      },
      coordinatorOf: (group) => findCoordinator(world.admin, group),
      kill: (nodeId, signal) => nodes.kill(nodeId, signal),
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

/** The brokers' processes. */
class ClusterNodes {
  readonly #dataDir: string;
  readonly #running = new Map<NodeId, Program>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** Starts all; returns what each says when it listens, or why there can be none on this machine. */
  async startAll(): Promise<Line[] | string> {
    const lines: Line[] = [];
    for (const line of await Promise.all(NODE_IDS.map((nodeId) => this.#start(nodeId)))) {
      if (typeof line === "string") return line;
      lines.push(line);
    }
    return lines;
  }

  async start(nodeId: NodeId): Promise<void> {
    const line = await this.#start(nodeId);
    assert.equal(typeof line, "object", `broker ${nodeId}: ${line}`);
  }

  async startDead(): Promise<void> {
    const dead = NODE_IDS.filter((nodeId) => !this.#running.has(nodeId));
    await Promise.all(dead.map((nodeId) => this.start(nodeId)));
  }

  async kill(nodeId: NodeId, signal: NodeJS.Signals): Promise<void> {
    const node = this.#running.get(nodeId);
    this.#running.delete(nodeId);
    await node?.kill(signal);
  }

  /** Not in order: the last controllers would wait for a quorum. */
  async killAll(): Promise<void> {
    await Promise.all(NODE_IDS.map((nodeId) => this.kill(nodeId, "SIGKILL")));
  }

  #start(nodeId: NodeId): Promise<Line | string> {
    const node = startBroker({
      DATA_DIR: this.#dataDir,
      BROKERS: String(NODE_IDS.length),
      NODE_ID: String(nodeId),
    });
    this.#running.set(nodeId, node);
    return waitForBroker(node);
  }
}

/** The leader of the partition that keeps the group's offsets coordinates it. */
async function findCoordinator(admin: Admin, group: string): Promise<NodeId> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [OFFSETS_TOPIC] });
  const partitions = topics[0]?.partitions ?? [];
  const partitionId = (hashOf(group) & 0x7fff_ffff) % partitions.length;
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
