/**
 * An image without a builder: its files from the lines of its Dockerfile, over the packages of the base image, and its
 * program run as it declares (`run_image.sh`).
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

const execute = promisify(execFile);
const RUN_MS = 240_000;
const AS_ROOT = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
const RUN_IMAGE = new URL("run_image.sh", import.meta.url).pathname;
const REPOSITORY = new URL("../../", import.meta.url).pathname;
/** What the base image, distroless/cc-debian12, is made of. */
const BASE_PACKAGES = ["libc6", "libgcc-s1", "libstdc++6", "libgomp1", "ca-certificates"];

/** What an image declares. */
export interface Image {
  readonly user: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A stage of a Dockerfile: its base, and its instructions, each a name and what follows it. */
export interface Stage {
  readonly base: string;
  readonly lines: readonly (readonly [name: string, text: string])[];
}

/** The stages of a Dockerfile in their order; the last is the image. */
export function stagesOf(dockerfile: string): Stage[] {
  const lines = dockerfile.replaceAll(/^\s*(#.*)?\n/gm, "").replaceAll(/\\\n\s*/g, "")
    .split("\n").filter(Boolean).map((line) => {
      const [, name = "", text = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return [name, text] as const;
    });
  const starts = lines.flatMap(([name], index) => name === "FROM" ? [index] : []);
  return starts.map((start, index) => ({
    base: lines[start]?.[1].split(" ")[0] ?? "",
    lines: lines.slice(start + 1, starts[index + 1]),
  }));
}

/** What the last stage declares. */
export function imageOf(stages: readonly Stage[]): Image {
  const texts = (wanted: string) =>
    (stages.at(-1)?.lines ?? []).filter(([name]) => name === wanted).map(([, text]) => text);
  const pairs = texts("ENV").flatMap((text) => text.split(" ")).map((pair) => pair.split("="));
  return {
    user: texts("USER").at(-1) ?? "root",
    command: JSON.parse(texts("ENTRYPOINT").at(-1) ?? texts("CMD").at(-1) ?? "[]"),
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...Object.fromEntries(pairs) },
  };
}

/** An image's files; the folder is gone when it is disposed. */
export interface Root extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes an image's files: the packages of its base, its installed dependencies, the files that it copies of the repository,
 * and those of the folder that `--build-context pipeline=` names.
 */
export async function makeRoot(stages: readonly Stage[], pipeline?: string): Promise<Root> {
  const path = await mkdtemp(join(tmpdir(), "tintype-image-"));
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => void await asRoot("rm", "-rf", path));
  await asRoot("chmod", "755", path);
  const list = `dpkg -L ${BASE_PACKAGES.join(" ")} | tar -c -C / --no-recursion -T -`;
  await shell(
    [
      "mkdir -p app dev home proc tmp usr/bin usr/lib usr/lib64 usr/local/bin",
      "for folder in bin lib lib64; do ln -s usr/$folder $folder; done",
      `{ ${list}; } | tar -x --keep-directory-symlink`,
      "cp -rL /etc/ssl/certs etc/ssl/; cp /etc/passwd etc/",
    ].join("\n"),
    path,
  );
  const app = join(path, "app");
  await shell(
    `git ls-files -z package.json '*/package.json' package-lock.json .npmrc | xargs -0 cp --parents -t ${app}`,
    REPOSITORY,
  );
  for (const [name, text] of stages.flatMap(({ lines }) => lines)) {
    if (name === "RUN") await runIn(path, text);
    if (text.startsWith("--from=packages /usr/local/bin/node")) {
      await shell(`install ${process.execPath} ${path}/usr/local/bin/node`, app);
    }
    if (text.startsWith("--from=pipeline ") && pipeline !== undefined) {
      const list = `tar -c --exclude=node_modules . | tar -x -C ${app}/pipeline`;
      await shell(`mkdir ${app}/pipeline; ${list}`, pipeline);
    }
    if (name !== "COPY" || text.startsWith("--from") || text.includes("package.json")) continue;
    const sources = text.split(" ").slice(0, -1).join(" ");
    const list = `git ls-files -z --cached --others --exclude-standard ${sources} ':!*_test.ts'`;
    await shell(`${list} | xargs -0 cp --parents -t ${app}`, REPOSITORY);
  }
  const kept = undo.move();
  return { path, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Runs the commands of a line that make the image's files: installations, copies, and Deno's cache, which holds paths. */
async function runIn(root: string, text: string): Promise<void> {
  const [, file, then] = /^if \[ -f (\S+) \]; then ([^;]+);.* fi$/.exec(text) ?? [];
  if (file !== undefined && then !== undefined) {
    return existsSync(join(root, "app", file)) ? await runIn(root, then) : undefined;
  }
  for (const command of text.split(" && ").map((each) => each.trim())) {
    // What this machine has fetched before is not fetched again.
    if (command.startsWith("npm ci --omit=dev")) {
      await shell(`npm_config_prefer_offline=true ${command}`, join(root, "app"));
    }
    if (command.startsWith("install ")) {
      const own = command.replace("/system/", `${root}/`).replace(
        / (?=\/usr\/local\/)/,
        ` ${root}`,
      );
      await shell(own, REPOSITORY);
    }
    if (!command.startsWith("DENO_DIR=")) continue;
    const [variable = "", ...program] = command.split(" ");
    const enter = ["/usr/bin/unshare", `--root=${root}`, "--wd=/app"];
    await asRoot("env", "-i", variable, "PATH=/usr/local/bin", ...enter, ...program);
  }
}

/** Runs a line as who runs the tests; throws Error where it fails. */
async function shell(line: string, cwd: string): Promise<string> {
  const options = { cwd, timeout: RUN_MS, maxBuffer: 1 << 26 };
  return (await execute("bash", ["-euo", "pipefail", "-c", line], options)).stdout;
}

/** Runs a program as root; throws Error where it fails. */
export async function asRoot(...command: readonly string[]): Promise<string> {
  const [program = "", ...args] = [...AS_ROOT, ...command];
  return (await execute(program, args, { maxBuffer: 1 << 24 })).stdout;
}

/** Runs an image's program in its files; without a limit of memory where `memoryMib` is 0. */
export function runImage(root: Root, image: Image, memoryMib: number): ChildProcess {
  const variables = Object.entries(image.env).map(([name, value]) => `${name}=${value}`);
  const place = [root.path, image.user, "/app", `${memoryMib}`];
  const [program = "", ...args] = [
    ...[...AS_ROOT, RUN_IMAGE, ...place, ...variables],
    ...["--", ...image.command],
  ];
  return spawn(program, args);
}

/** Why containers, or their limits of memory, cannot be had here, or false: for a test's `skip`. */
export async function missingFor(memoryMib: number): Promise<string | false> {
  const args = [RUN_IMAGE, "/", "65532:65532", "/", `${memoryMib}`, "--", "true"];
  const [program = "", ...rest] = [...AS_ROOT, ...args];
  return await execute(program, rest).then(
    () => false,
    ({ code }) =>
      code === 77
        ? "a limit of memory needs a control group that can be written"
        : "containers need root or `sudo -n`, and namespaces (util-linux)",
  );
}
