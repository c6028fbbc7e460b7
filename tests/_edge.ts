import process from "node:process";
import { startLocalCloud, startWorker } from "@tintype/edge/_local_cloud";
import {
  addFault,
  clearFaults,
  type Fault,
  faultsLeft,
  listObjects,
  objectUrl,
  postJson,
} from "./_emulator.ts";
import { sha256 } from "./_pictures.ts";

/** The edge in workerd over the local storage; nobody processes what is sent. */
export type Edge = ReturnType<typeof edgeOf>;

/** Where the parts of an edge are. */
export interface EdgeUrls {
  readonly edge: string;
  readonly storage: string;
  readonly oidc: string;
}

/** Where `_shared_edge.ts` describes the edge that all files of a run share. */
export const SHARED_EDGE = "TINTYPE_TEST_EDGE";
/** Pages of this origin may send to the tenant `acme`; a browser's route serves them. */
export const PAGE_ORIGIN = "http://127.0.0.1:4173";
const RAW = "tintype-raw";
const NO_LIMIT = 1_000_000;

/** Starts an edge without rate limits. */
export async function startEdge(): Promise<EdgeUrls & { stop(): Promise<void> }> {
  const cloud = await startLocalCloud([PAGE_ORIGIN]);
  try {
    const worker = await startWorker(cloud, { requestsPerMinute: NO_LIMIT });
    return {
      edge: worker.url,
      storage: cloud.storage.url,
      oidc: cloud.oidc.url,
      async stop() {
        await worker[Symbol.asyncDispose]();
        await cloud[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await cloud[Symbol.asyncDispose]();
    throw error;
  }
}

/** The edge of this run, for one tenant; where none is shared (`_shared_edge.ts`), one of its own. */
export async function openEdge(tenant: string): Promise<Edge> {
  const shared = process.env[SHARED_EDGE];
  if (shared === undefined) {
    const own = await startEdge();
    return edgeOf(own, tenant, own.stop);
  }
  return edgeOf(JSON.parse(shared) as EdgeUrls, tenant, () => Promise.resolve()); // its own words
}

function edgeOf({ edge, storage, oidc }: EdgeUrls, tenant: string, stop: () => Promise<void>) {
  return {
    url: edge,
    /** An access token of the tenant, which lives for an hour. */
    async token(sub: string): Promise<string> {
      const { access_token } = await postJson(`${oidc}/token`, { sub, tenant, ttlSeconds: 3_600 });
      return String(access_token);
    },
    /** SHA-256 of every raw object of the tenant, by image id. */
    async storedDigests(): Promise<Map<string, string>> {
      const objects = await listObjects(storage, RAW);
      const ours = objects.filter(({ name }) => name.includes(`/${tenant}/`));
      const digests = ours.map(async ({ name }) => {
        const object = await fetch(`${objectUrl(storage, RAW, name)}?alt=media`);
        return [name.split("/").at(-1) ?? name, sha256(await object.bytes())] as const;
      });
      return new Map(await Promise.all(digests));
    },
    /** Puts a fault into the storage. */
    addFault: (fault: Fault) => addFault(storage, fault),
    clearFaults: () => clearFaults(storage),
    /** How many faults of the storage have not happened yet. */
    faultsLeft: () => faultsLeft(storage),
    stop,
  };
}
