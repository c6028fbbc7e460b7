import { UsageError } from "@tintype/cli/usage_error";
import { createServer } from "node:net";

/** Makes sure that nobody listens on the ports yet; throws UsageError that names each one that is taken. */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const checked = await Promise.all(
    Object.entries(ports).map(async ([part, port]) => ({ part, port, free: await isFree(port) })),
  );
  const taken = checked.filter(({ free }) => !free).map(({ part, port }) => `${port} (${part})`);
  if (taken.length === 0) return;
  throw new UsageError(
    `Cannot start as ${taken.length === 1 ? "port" : "ports"} ${taken.join(", ")} ${
      taken.length === 1 ? "is" : "are"
    } in use`,
  );
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(
      { port, host: "127.0.0.1", exclusive: true },
      () => server.close(() => resolve(true)),
    );
  });
}
