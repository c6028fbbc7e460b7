import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./free_port.ts";

/** A broker of a cluster, and the ports of this machine at which it and its controller listen. */
export interface ClusterNode {
  readonly nodeId: number;
  readonly port: number;
  readonly controllerPort: number;
}

/** The brokers of a cluster; each is a controller, too. */
export interface ClusterPlan {
  readonly clusterId: string;
  readonly nodes: readonly ClusterNode[];
}

/** How often Kafka stores a record, and how many replicas must have it before `acks=all` is answered. */
export interface Replication {
  readonly factor: number;
  readonly minInSync: number;
}

const PLAN = "cluster.json";
const MAX_FACTOR = 3;

/** A cluster of one broker. */
export function planOfOne(ports: Omit<ClusterNode, "nodeId">): ClusterPlan {
  return { clusterId: newClusterId(), nodes: [{ nodeId: 1, ...ports }] };
}

/**
 * The plan of a cluster of `count` brokers, kept in `folder`: the first of its brokers makes it, at free ports, and the
 * others read it, as each does when it is started again. Throws Error where the folder has a cluster of another size.
 */
export async function planOfMany(folder: string, count: number): Promise<ClusterPlan> {
  const path = join(folder, PLAN);
  const plan = await readPlan(path) ?? await makePlan(path, count);
  if (plan.nodes.length === count) return plan;
  throw new Error(
    `Cannot start broker: ${path} must have ${count} brokers (got ${plan.nodes.length})`,
  );
}

/** As production has it: three replicas, two of which must be in sync; as many as there are in a smaller cluster. */
export function replicationOf({ nodes }: ClusterPlan): Replication {
  const factor = Math.min(MAX_FACTOR, nodes.length);
  return { factor, minInSync: Math.max(1, factor - 1) };
}

async function readPlan(path: string): Promise<ClusterPlan | undefined> {
  const text = await readFile(path, "utf8").catch(ignore("ENOENT"));
  return text === undefined ? undefined : JSON.parse(text);
}

/** Brokers may start at the same time: a link appears with its whole content, and only once. */
async function makePlan(path: string, count: number): Promise<ClusterPlan> {
  const ports = new Set<number>();
  while (ports.size < 2 * count) ports.add(await freePort());
  const [...free] = ports;
  const nodes = Array.from({ length: count }, (_, index): ClusterNode => {
    const [port = 0, controllerPort = 0] = free.slice(2 * index);
    return { nodeId: index + 1, port, controllerPort };
  });
  const plan: ClusterPlan = { clusterId: newClusterId(), nodes };
  const draft = `${path}.${randomUUID()}`;
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(draft, JSON.stringify(plan));
  await link(draft, path).catch(ignore("EEXIST"));
  await rm(draft);
  return await readPlan(path) ?? plan;
}

function newClusterId(): string {
  return randomBytes(16).toString("base64url");
}

function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error) || !("code" in error) || error.code !== code) throw error;
  };
}
