import { once } from "node:events";
import { connect } from "node:net";
import { UsageError } from "./usage_error.ts";

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Whether a URL or `host:port` is on this machine. */
export function isLocal(address: string): boolean {
  return LOOPBACK.includes(urlOf(address).hostname);
}

/** Throws UsageError, the same for every command, where one of the addresses is on this machine and nothing answers there. */
export async function requireLocalSystem(...addresses: readonly string[]): Promise<void> {
  for (const address of addresses.filter(isLocal)) {
    if (!await isListening(urlOf(address))) throw new UsageError(notRunning(urlOf(address).host));
  }
}

/** The sentence that says what to do where nothing answers on this machine. */
export function notRunning(host: string): string {
  return `Nothing answers at ${host}: start the local system with \`npx deno task start\``;
}

/** Whether somebody listens at a URL's host and port. */
export async function isListening({ hostname, port }: URL): Promise<boolean> {
  const socket = connect(Number(port), hostname.replace(/^\[(.*)\]$/, "$1"));
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function urlOf(address: string): URL {
  return new URL(address.includes("://") ? address : `http://${address}`);
}
