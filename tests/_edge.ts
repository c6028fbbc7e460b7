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
export interface Edge {
  readonly url: string;
  /** An access token of the tenant, which lives for an hour. */
  token(sub: string): Promise<string>;
  /** SHA-256 of every raw object of the tenant, by image id. */
  storedDigests(): Promise<Map<string, string>>;
  /** Puts a fault into the storage. */
  addFault(fault: Fault): Promise<void>;
  clearFaults(): Promise<number>;
  /** How many faults of the storage have not happened yet. */
  faultsLeft(): Promise<number>;
  stop(): Promise<void>;
}

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
export async function startEdge(): Promise<EdgeUrls & Pick<Edge, "stop">> {
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

function edgeOf(urls: EdgeUrls, tenant: string, stop: Edge["stop"]): Edge {
  return {
    url: urls.edge,
    async token(sub) {
      const { access_token } = await postJson(`${urls.oidc}/token`, {
        sub,
        tenant,
        ttlSeconds: 3_600,
      });
      return String(access_token);
    },
    async storedDigests() {
      const objects = await listObjects(urls.storage, RAW);
      const ours = objects.filter(({ name }) => name.includes(`/${tenant}/`));
      const digests = ours.map(async ({ name }) => {
        const object = await fetch(`${objectUrl(urls.storage, RAW, name)}?alt=media`);
        return [name.split("/").at(-1) ?? name, sha256(await object.bytes())] as const;
      });
      return new Map(await Promise.all(digests));
    },
    addFault: (fault) => addFault(urls.storage, fault),
    clearFaults: () => clearFaults(urls.storage),
    faultsLeft: () => faultsLeft(urls.storage),
    stop,
  };
}
