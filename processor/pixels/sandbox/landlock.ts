/** Landlock by its three system calls, whose numbers are the same on all processors; no library of Debian has them. */
import { addressOf, cString, type LibC } from "./libc.ts";

const CREATE_RULESET = 444n;
const ADD_RULE = 445n;
const RESTRICT_SELF = 446n;
const ASK_VERSION = 1n;
const PATH_BENEATH = 1n;
const SET_NO_NEW_PRIVS = 38;
const O_PATH = 0o10000000;

const EXECUTE = 1n << 0n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
/** What the kernel refuses where no rule allows it, by the first version that can: files; TCP; signals and abstract sockets. */
const REFUSABLE = {
  files: [[1, 0x1fffn], [2, 1n << 13n], [3, 1n << 14n], [5, 1n << 15n]],
  network: [[4, 0b11n]],
  scopes: [[6, 0b11n]],
} as const;

/** What stays open, by absolute path; a path that does not exist is left out. */
export interface LandlockRules {
  /** Files, or folders with all that is below. */
  readonly read: readonly string[];
  /** Programs that may be started, and are read for it. */
  readonly execute: readonly string[];
}

/**
 * Restricts the calling thread, and any program that it becomes, to reading these files: it writes nothing, has no TCP,
 * signals and traces no process outside. Returns the version of Landlock, 0 where the kernel has none; throws Error
 * where the kernel has it and refuses.
 */
export function restrictThread(libc: LibC, { read, execute }: LandlockRules): number {
  const version = Number(libc.syscall(CREATE_RULESET, 0n, 0n, ASK_VERSION, 0n));
  if (version < 1) return 0;
  const refused = Object.values(REFUSABLE).map((rights) =>
    rights.reduce((sum, [since, right]) => version >= since ? sum | right : sum, 0n)
  );
  const attributes = new Uint8Array(new BigUint64Array(refused).buffer);
  const size = BigInt(attributes.length);
  const ruleset = libc.syscall(CREATE_RULESET, addressOf(attributes), size, 0n, 0n);
  for (const path of read) allow(libc, ruleset, path, READ_FILE);
  for (const path of execute) allow(libc, ruleset, path, READ_FILE | EXECUTE);
  libc.prctl(SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n);
  if (libc.syscall(RESTRICT_SELF, ruleset, 0n, 0n, 0n) === 0n) return version;
  throw new Error("Cannot restrict a pixel process: landlock_restrict_self failed");
}

function allow(libc: LibC, ruleset: bigint, path: string, rights: bigint): void {
  // Not closed: a folder of /proc is another one to Landlock as soon as nobody holds it.
  const fd = libc.open(cString(path), O_PATH);
  if (fd < 0) return;
  const add = (allowed: bigint) => {
    const rule = new DataView(new ArrayBuffer(12));
    rule.setBigUint64(0, allowed, true);
    rule.setInt32(8, fd, true);
    const bytes = new Uint8Array(rule.buffer);
    return libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, addressOf(bytes), 0n) === 0n;
  };
  // A file has no entries, and the kernel refuses the right to list them.
  if (add(rights | READ_DIR) || add(rights)) return;
  throw new Error(`Cannot restrict a pixel process: landlock_add_rule failed for ${path}`);
}
