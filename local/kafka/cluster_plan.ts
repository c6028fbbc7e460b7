import { createHash } from "node:crypto";

/** A broker of a cluster, and the ports of this machine at which it and its controller listen. */
interface ClusterNode {
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

const MAX_FACTOR = 3;

/** The cluster of the brokers at these ports, each with its controller's: `9092:9093,…`. Throws RangeError for another text. */
export function planOf(ports: string): ClusterPlan {
  const nodes = ports.split(",").map((pair, index): ClusterNode => {
    const [, port, controllerPort] = /^(\d{1,5}):(\d{1,5})$/.exec(pair) ?? [];
    if (port === undefined) throw new RangeError(`Ports must be port:port,… (got ${ports})`);
    return { nodeId: index + 1, port: Number(port), controllerPort: Number(controllerPort) };
  });
  // Kafka wants 16 bytes, the same for every broker.
  const digest = createHash("sha256").update(ports).digest().subarray(0, 16);
  return { clusterId: digest.toString("base64url"), nodes };
}

/** As production has it: three replicas, two of which must be in sync; as many as there are in a smaller cluster. */
export function replicationOf({ nodes }: ClusterPlan): Replication {
  const factor = Math.min(MAX_FACTOR, nodes.length);
  return { factor, minInSync: Math.max(1, factor - 1) };
}
