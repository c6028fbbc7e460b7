import { AppError } from "../errors.ts";
import type { WorldPorts } from "./test_world.ts";

/** At which call, from 1, the process dies: before it took effect, or after, with its answer lost. */
interface Crash {
  readonly call: number;
  readonly moment: "before" | "after";
}

/** Ports of a process that dies at a call; from then on every call fails. */
function crashingPorts(ports: WorldPorts, crash: Crash) {
  let calls = 0;
  let isDead = false;
  const die = () => {
    isDead = true;
    throw new AppError("unavailable", `The process died ${crash.moment} call ${crash.call}`);
  };
  const step = async (run: () => unknown): Promise<unknown> => {
    if (isDead) die();
    const isLast = ++calls === crash.call;
    if (isLast && crash.moment === "before") die();
    const answer = await run();
    if (isLast) die();
    return answer;
  };
  const { raw, processed, erasures, certificates, rows, records, purges, events, pixels } = ports;
  return {
    ports: {
      ...ports,
      raw: stepping(raw, step),
      processed: stepping(processed, step),
      erasures: stepping(erasures, step),
      certificates: stepping(certificates, step),
      records: stepping(records, step),
      purges: stepping(purges, step),
      events: stepping(events, step),
      rows: stepping(rows, step),
      pixels: stepping(pixels, step),
    },
    hasCrashed: () => isDead,
  };
}

/** The same port, each of whose calls goes through `step`, with its name and its first argument. */
export function stepping<Port extends object>(
  port: Port,
  step: (run: () => unknown, call: string, subject: unknown) => unknown,
): Port {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      return (...input: unknown[]) =>
        step(() => Reflect.apply(member, target, input), String(key), input[0]);
    },
  });
}

/** The same port, some of whose calls are answered otherwise. */
export function withCalls<Port extends object>(port: Port, calls: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, key) {
      const own: unknown = Reflect.get(calls, key);
      const member: unknown = own ?? Reflect.get(target, key, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

interface CrashTrial<World> {
  readonly makeWorld: () => Promise<World>;
  readonly walk: (ports: WorldPorts, world: World) => Promise<unknown>;
  readonly repeat: (world: World, at: string) => Promise<void>;
}

/**
 * Runs `walk` in a fresh world once for every call that it makes and both moments of each, with a process that dies
 * there, and then `repeat` with ports that work; answers how many deaths there were.
 */
export async function crashEverywhere<World extends { readonly ports: WorldPorts }>(
  { makeWorld, walk, repeat }: CrashTrial<World>,
): Promise<number> {
  let deaths = 0;
  for (const moment of ["before", "after"] as const) {
    for (let call = 1;; call++) {
      const world = await makeWorld();
      const crashing = crashingPorts(world.ports, { call, moment });
      await walk(crashing.ports, world).catch(() => undefined);
      if (!crashing.hasCrashed()) break;
      deaths++;
      await repeat(world, `death ${moment} call ${call}`);
    }
  }
  return deaths;
}
