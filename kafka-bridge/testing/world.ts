/** The local storage beside brokers, the tests' own clients, and topics for each test. */
import { openClients } from "./broker.ts";
import { openLane } from "./lane.ts";
import { startStore } from "./store.ts";

/** Starts the storage below `folder` and connects to the brokers. */
export async function openWorld(urls: readonly string[], folder: string) {
  const brokers = urls.join(",");
  const clients = await openClients(urls);
  const store = await startStore(folder);
  return {
    ...store,
    brokers,
    admin: clients.admin,
    /** The topics of one test. */
    lane: () => openLane({ ...clients, brokers, store }),
    /** Ends everything but the brokers. */
    async close(): Promise<void> {
      await clients.close();
      await store.kill();
    },
  };
}

/** What tests on real brokers share. */
export type TestWorld = Omit<Awaited<ReturnType<typeof openWorld>>, "kill">;
