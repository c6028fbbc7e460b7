import { execFile } from "node:child_process";
import { cp, mkdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { argumentsOf, type Stage } from "./dockerfile.ts";

const execute = promisify(execFile);
const RUN_MS = 240_000;
/** Absolute paths that an instruction may name; in a replay they lie under the stage's own folder. */
const ABSOLUTE = /(?<![\w./-])\/(app|usr\/local\/bin)(?=[/\s",]|$)/g;
/** Debian's packages are the machine's own. */
const OF_THE_MACHINE = /^apt-get /;

/** What an image would run: the command, its variables and its folder. */
export interface Replayed {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: string;
}

/** Where things are. */
export interface ReplayOptions {
  /** The build context: the repository's root. */
  readonly context: string;
  /** An empty folder. */
  readonly folder: string;
}

/** Runs each stage's own lines in a folder that stands for its root; throws Error where a line fails. */
export async function replay(
  stages: readonly Stage[],
  { context, folder }: ReplayOptions,
): Promise<Replayed> {
  let last: Replayed | undefined;
  for (const stage of stages) {
    const root = join(folder, stage.name);
    await mkdir(root, { recursive: true });
    const from = stages.find(({ name }) => name === stage.base);
    if (from !== undefined) await link(join(folder, from.name), root);
    last = await replayStage(stage, { context, folder, root });
  }
  if (last === undefined) throw new Error("Cannot replay a file without a stage");
  return last;
}

async function replayStage(
  stage: Stage,
  { context, folder, root }: ReplayOptions & { readonly root: string },
): Promise<Replayed> {
  let cwd = stage.base.includes(":") ? root : join(root, "app");
  let user = "root";
  let env: Record<string, string> = {};
  let entry: string[] = [];
  let command: string[] = [];
  const own = (text: string) => text.replaceAll(ABSOLUTE, `${root}/$1`);
  const runLine = async (line: string) => {
    await mkdir(join(root, "usr/local/bin"), { recursive: true });
    // What this machine has fetched before is not fetched again.
    const shell = ["npm_config_prefer_offline=true", "/bin/sh", "-euc", line];
    await execute("env", shell, { cwd, timeout: RUN_MS, maxBuffer: 1 << 26 });
  };
  const replayCopy = async (text: string) => {
    const [, other, ...paths] = /^(?:--from=(\S+) )?(.+) (\S+)$/.exec(text) ?? [];
    const [sources = "", target = "."] = paths;
    const to = target.startsWith("/") ? join(root, target) : resolve(cwd, target);
    for (const source of sources.split(" ")) {
      const from = other === undefined ? join(context, source) : join(folder, other, source);
      const goesInto = target.endsWith("/") && !(await stat(from)).isDirectory();
      const place = goesInto ? join(to, basename(source)) : to;
      await (other === undefined ? copy(from, place) : link(from, place));
    }
  };
  for (const { name, text } of stage.instructions) {
    if (name === "WORKDIR") await mkdir(cwd = own(text), { recursive: true });
    if (name === "ENV") env = { ...env, ...variablesOf(own(text)) };
    if (name === "USER") user = text;
    if (name === "ENTRYPOINT") entry = argumentsOf({ name, text: own(text) });
    if (name === "CMD") command = argumentsOf({ name, text: own(text) });
    if (name === "COPY") await replayCopy(text);
    if (name === "RUN" && !OF_THE_MACHINE.test(text)) await runLine(own(text));
  }
  return { command: [...entry, ...command], env, cwd, user };
}

/** What another stage made is not changed any more, so its files need not be there twice. */
async function link(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const isFolder = (await stat(from)).isDirectory();
  if (isFolder) await mkdir(to, { recursive: true });
  await execute("cp", ["--archive", "--link", isFolder ? `${from}/.` : from, to]);
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !/_test\.ts$/.test(path) && !/\/(\.git|\.tintype)$/.test(path),
  });
}

function variablesOf(text: string): Record<string, string> {
  const pairs = text.matchAll(/([^ =]+)=(\S*)/g);
  return Object.fromEntries([...pairs].map(([, name = "", value = ""]) => [name, value]));
}
