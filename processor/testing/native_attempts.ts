/**
 * What native code in a pixel process tries: as a pipeline whose step makes every attempt and rejects its picture with the
 * names of those that succeeded, and as a program whose child makes them without any sandbox and prints the names. The query
 * of the pipeline's address, or the program's argument, is the port of a metadata server on this machine.
 */
import { definePipeline, rejectPicture } from "@tintype/core/processing/pipeline";
import { addressOf, cString, openLibC } from "../pixels/sandbox/libc.ts";

const OPEN = { parameters: ["buffer", "i32", "i32"], result: "i32" } as const;
const SYMBOLS = {
  getppid: { parameters: [], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
  open: OPEN,
  open_elsewhere: { ...OPEN, name: "open", nonblocking: true },
  read: { parameters: ["i32", "buffer", "i64"], result: "i64" },
  pread: { parameters: ["i32", "buffer", "i64", "i64"], result: "i64" },
  pwrite: { parameters: ["i32", "buffer", "i64", "i64"], result: "i64" },
  opendir: { parameters: ["buffer"], result: "pointer" },
  mkdir: { parameters: ["buffer", "i32"], result: "i32" },
  rmdir: { parameters: ["buffer"], result: "i32" },
  unlink: { parameters: ["buffer"], result: "i32" },
  chmod: { parameters: ["buffer", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "i64", "i32"], result: "i64" },
  process_vm_readv: { parameters: ["i32", "buffer", "i64", "buffer", "i64", "i64"], result: "i64" },
  process_vm_writev: {
    parameters: ["i32", "buffer", "i64", "buffer", "i64", "i64"],
    result: "i64",
  },
  ptrace: { parameters: ["i64", "i32", "i64", "i64"], result: "i64" },
  pidfd_open: { parameters: ["i32", "i32"], result: "i32" },
  pidfd_getfd: { parameters: ["i32", "i32", "i32"], result: "i32" },
  pidfd_send_signal: { parameters: ["i32", "i32", "i64", "i32"], result: "i32" },
  posix_spawn: { parameters: ["buffer", "buffer", "i64", "i64", "buffer", "i64"], result: "i32" },
  execv: { parameters: ["buffer", "buffer"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  tgkill: { parameters: ["i32", "i32", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i64", "i64"], result: "i32" },
  setpriority: { parameters: ["i32", "i32", "i32"], result: "i32" },
  prlimit64: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
  sched_setaffinity: { parameters: ["i32", "i64", "buffer"], result: "i32" },
  memfd_create: { parameters: ["buffer", "i32"], result: "i32" },
  shmget: { parameters: ["i32", "i64", "i32"], result: "i32" },
  shmctl: { parameters: ["i32", "i32", "i64"], result: "i32" },
} as const;

const [O_RDONLY, O_RDWR, O_CREAT] = [0, 0o2, 0o100];
const [AF_INET, SOCK_STREAM] = [2, 1];
const [SIGCONT, PTRACE_SEIZE, RLIMIT_CORE, F_SETOWN] = [18, 0x4206n, 4, 8n];
/** Errors that come after the permission to start a program, or to look into a process, was given. */
const [ENOENT, EIO, EFAULT] = [2, 5, 14];
const WORD = 8;

type Attempt = () => boolean | Promise<boolean>;

/** Makes every attempt on the parent, this machine's files and the server at the port; returns the names of those that succeeded. */
async function reached(port: string): Promise<string> {
  const names: string[] = [];
  for (const [name, attempt] of Object.entries(attemptsOn(Number(port)))) {
    if (await attempt()) names.push(name);
  }
  return names.join(", ");
}

/** Every attempt, by what it wants. */
function attemptsOn(port: number): Record<string, Attempt> {
  const libc = Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  const parent = libc.getppid();
  const word = new Uint8Array(WORD);
  const open = (path: string, flags = O_RDONLY) => libc.open(cString(path), flags, 0o600);
  const readAll = (fd: number) => {
    const bytes = new Uint8Array(65_536);
    const next = () => fd < 0 ? 0 : Number(libc.read(fd, bytes, BigInt(bytes.length)));
    let text = "";
    for (let length = next(); length > 0; length = next()) {
      text += new TextDecoder().decode(bytes.subarray(0, length));
    }
    return text;
  };
  const failedWith = () => {
    const pointer = libc.__errno_location();
    return pointer === null ? 0 : new Deno.UnsafePointerView(pointer).getInt32();
  };
  /** The end of the parent's stack, where its arguments are; anything where that is not shown. */
  const stackEnd = () => {
    const maps = readAll(open(`/proc/${parent}/maps`)).split("\n");
    const range = maps.find((line) => line.endsWith("[stack]"))?.split(" ")[0]?.split("-")[1];
    return BigInt(range === undefined ? 0x1000 : `0x${range}`) - BigInt(WORD);
  };
  const hasReached = (moved: bigint) => moved > 0n || [EIO, EFAULT].includes(failedWith());
  /** It would have found a file that is there. */
  const isLetThrough = (result: number) => result === 0 || failedWith() === ENOENT;
  /** `struct iovec` of this process's word and of the parent's. */
  const vector = (at: bigint) => new Uint8Array(new BigUint64Array([at, BigInt(WORD)]).buffer);
  const vmWord = (move: "process_vm_readv" | "process_vm_writev") => {
    const [own, others] = [vector(addressOf(word)), vector(stackEnd())];
    return hasReached(libc[move](parent, own, 1n, others, 1n, 0n));
  };
  /** Writes are of what was read before, so that the parent lives. */
  const fileWord = (move: "pread" | "pwrite", flags: number) => {
    const fd = open(`/proc/${parent}/mem`, flags);
    return fd >= 0 && hasReached(libc[move](fd, word, BigInt(WORD), stackEnd()));
  };
  const program = new Uint8Array(new BigUint64Array(2).buffer);
  const file = `/tmp/tintype-attempt-${Deno.pid}`;
  return {
    "the metadata server's token": () => {
      const fd = libc.socket(AF_INET, SOCK_STREAM, 0);
      const to = new Uint8Array(16);
      to.set([AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1]);
      if (fd < 0 || libc.connect(fd, to, to.length) !== 0) return false;
      const request = cString("GET /token HTTP/1.0\r\n\r\n");
      libc.send(fd, request, BigInt(request.length - 1), 0);
      return readAll(fd).includes("access_token");
    },
    "the parent's environment": () => readAll(open(`/proc/${parent}/environ`)) !== "",
    "the parent's memory read": () => vmWord("process_vm_readv"),
    "the parent's memory written": () => vmWord("process_vm_writev"),
    "the parent's memory read as a file": () => fileWord("pread", O_RDONLY),
    "the parent's memory written as a file": () => fileWord("pwrite", O_RDWR),
    "the parent traced": () => libc.ptrace(PTRACE_SEIZE, parent, 0n, 0n) === 0n,
    "a file of the parent's": () => libc.pidfd_getfd(libc.pidfd_open(parent, 0), 1, 0) >= 0,
    "any file": () => readAll(open("/etc/passwd")) !== "",
    "any file by another thread": async () =>
      await libc.open_elsewhere(cString("/etc/passwd"), O_RDONLY, 0) >= 0,
    "any folder": () => libc.opendir(cString("/home")) !== null,
    "a file written": () => open(file, O_RDWR | O_CREAT) >= 0,
    "a file's rights": () => isLetThrough(libc.chmod(cString(file), 0o777)),
    "a file removed": () => isLetThrough(libc.unlink(cString(file))),
    "a folder made": () => libc.mkdir(cString(file), 0o700) + libc.rmdir(cString(file)) === 0,
    "a program started": () =>
      libc.posix_spawn(word, cString("/bin/true"), 0n, 0n, program, 0n) === 0,
    "another program in its place": () =>
      isLetThrough(libc.execv(cString("/tintype-absent"), program)),
    "a signal": () => libc.kill(parent, SIGCONT) === 0,
    "a signal to a thread": () => libc.tgkill(parent, parent, SIGCONT) === 0,
    "a signal by descriptor": () =>
      libc.pidfd_send_signal(libc.pidfd_open(parent, 0), SIGCONT, 0n, 0) === 0,
    "signals when a pipe is ready": () => libc.fcntl(0, F_SETOWN, BigInt(parent)) === 0,
    // The kernel ignores the upper half of the command, and so must the filter.
    "signals by a long command": () => libc.fcntl(0, F_SETOWN | 1n << 32n, BigInt(parent)) === 0,
    "the parent's limits": () =>
      libc.prlimit64(parent, RLIMIT_CORE, new Uint8Array(16), null) === 0,
    "the parent's processors": () =>
      libc.sched_setaffinity(parent, BigInt(WORD), new Uint8Array(WORD).fill(255)) === 0,
    "the parent's priority": () => libc.setpriority(0, parent, 19) === 0,
    "a file in memory": () => libc.memfd_create(cString("attempt"), 0) >= 0,
    "memory shared with other processes": () =>
      libc.shmctl(libc.shmget(0, 4_096n, 0o600), 0, 0n) === 0,
  };
}

export default definePipeline({
  steps: [{
    name: "native attempts",
    async apply() {
      rejectPicture(`reached: ${await reached(new URL(import.meta.url).search.slice(1))}`);
    },
  }],
});

const [port = "", isChild] = Deno.args;
if (import.meta.main && isChild) console.log(await reached(port));
if (import.meta.main && !isChild) {
  // Where Yama lets a process look into its descendants alone, it lets this one be looked into by all.
  const { prctl } = openLibC();
  prctl(0x59616d61, 0xffffffffffffffffn, 0n, 0n, 0n);
  const args = ["run", "--allow-all", new URL(import.meta.url).pathname, port, "child"];
  await new Deno.Command(Deno.execPath(), { args }).spawn().status;
}
