import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux gives to connections (`ip_local_port_range`, from 32768 on). */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 100;

/**
 * A port of this machine that nobody listens on now. None that a connection may be given: a broker that is started again
 * finds its port free, and whoever tries to reach it meanwhile is never connected to itself.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`Cannot find a free port in ${TRIES} tries between ${LOWEST} and ${HIGHEST}`);
}

/** Whether nobody listens on a port of this machine now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
