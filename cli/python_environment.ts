/** Programs from PyPI that checks and tests run, each set in an environment of its own below `.tintype/cache`. */
import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** An environment's programs. */
export interface PythonEnvironment {
  /** Folder of `python` and of the installed programs. */
  readonly bin: string;
  /** Why it is not there, or false: for a test's `skip`. */
  readonly missing: string | false;
}

/** It installs a hundred packages with a fifth of pip's CPU time, and keeps them for the next tree of this machine. */
const UV = "uv==0.13.8";
const CACHE = fileURLToPath(new URL("../.tintype/cache/", import.meta.url));
const TIMEOUT_MS = 280_000;

/**
 * The environment with `requirements`, in the format of pip's file of that name; made where it is not there yet. With
 * hashes every package must have one.
 */
export function pythonEnvironment(requirements: string): PythonEnvironment {
  const hash = createHash("sha256").update(requirements).digest("hex");
  const folder = join(CACHE, `python-${hash.slice(0, 12)}`);
  const bin = join(folder, "bin");
  if (existsSync(folder)) return { bin, missing: false };
  const [first] = requirements.split(/\s/, 1);
  const uv = join(CACHE, UV, "bin/uv");
  const isMade = (existsSync(uv) || makeOnce(join(CACHE, UV), installUv)) &&
    makeOnce(folder, (draft) => install(uv, draft, requirements));
  return { bin, missing: isMade ? false : `python3 cannot install ${first} from PyPI` };
}

/** Makes a folder elsewhere and puts it into its place whole: suites run at the same time. */
function makeOnce(folder: string, make: (draft: string) => boolean): boolean {
  mkdirSync(CACHE, { recursive: true });
  const draft = `${folder}.${randomUUID()}`;
  try {
    if (!make(draft)) return false;
    renameSync(draft, folder);
    return true;
  } catch {
    return existsSync(folder); // another was faster
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function installUv(draft: string): boolean {
  const quiet = ["--quiet", "--no-compile", "--root-user-action=ignore"];
  return runs("python3", ["-m", "pip", "install", ...quiet, "--no-deps", "--target", draft, UV]);
}

function install(uv: string, draft: string, requirements: string): boolean {
  const strict = requirements.includes("--hash=") ? ["--require-hashes"] : [];
  const python = ["--python", join(draft, "bin/python")];
  return runs(uv, ["venv", "--quiet", "--relocatable", draft]) &&
    runs(uv, ["pip", "install", "--quiet", ...python, ...strict, "-r", "-"], requirements);
}

function runs(program: string, args: readonly string[], input = ""): boolean {
  const { status } = spawnSync(program, args, {
    input,
    timeout: TIMEOUT_MS,
    stdio: ["pipe", "ignore", "inherit"],
  });
  return status === 0;
}
