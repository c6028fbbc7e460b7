import { isFree } from "@tintype/cli/free_port";
import { UsageError } from "@tintype/cli/usage_error";

/** Makes sure that nobody listens on the ports yet; throws UsageError that names each one that is taken. */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const checked = await Promise.all(
    Object.entries(ports).map(async ([part, port]) => ({ part, port, free: await isFree(port) })),
  );
  const taken = checked.filter(({ free }) => !free).map(({ part, port }) => `${port} (${part})`);
  if (taken.length === 0) return;
  const [noun, verb] = taken.length === 1 ? ["port", "is"] : ["ports", "are"];
  throw new UsageError(`Cannot start as ${noun} ${taken.join(", ")} ${verb} in use`);
}
