import type { LandlockRules } from "./landlock.ts";
import rootPackage from "../../../package.json" with { type: "json" };

/** What `launch.ts` does: the rules, and the program that it becomes with its arguments. */
export interface LaunchOrder extends LandlockRules {
  readonly program: readonly [path: string, ...rest: string[]];
}

/** Files that Deno looks for in the root folder and in each package's, to resolve imports. */
const SETTINGS = ["package.json", "deno.json", "tsconfig.json", ".npmrc"];
/** What the C library, V8 and libvips read of the system; nothing of it is a secret. */
const SYSTEM = [
  "/lib",
  "/lib64",
  "/usr/lib",
  "/etc/ld.so.cache",
  "/etc/localtime",
  "/etc/fonts",
  "/usr/share",
  "/dev/null",
  "/dev/urandom",
  "/proc/meminfo",
  "/proc/self",
  "/sys/devices/system/cpu",
  "/sys/fs/cgroup",
];
/** What starts a program that is linked to shared libraries. */
const LOADERS = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

/** What a pixel process is made of. */
export interface PixelProgram {
  /** The project's root folder. */
  readonly root: string;
  /** Files and folders that it reads beside the packages' settings. */
  readonly readable: readonly string[];
  readonly command: LaunchOrder["program"];
}

/** The order to start a pixel process that reads its program and the system's libraries, and nothing else. */
export function launchOrderOf({ root, readable, command }: PixelProgram): LaunchOrder {
  const folders = ["", ...rootPackage.workspaces.map((name) => `${name}/`)];
  const settings = folders.flatMap((folder) => SETTINGS.map((name) => `${root}${folder}${name}`));
  return {
    read: [...readable, ...settings, ...SYSTEM],
    execute: [command[0], ...LOADERS],
    program: command,
  };
}
