/** The few functions of the C library that the sandbox needs. */

const SYMBOLS = {
  syscall: { parameters: ["i64", "i64", "i64", "i64", "i64"], result: "i64" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  execv: { parameters: ["buffer", "buffer"], result: "i32" },
} as const;

/** The C library's own functions, by name. */
export type LibC = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Opens the C library; throws Error where it is not glibc, or native code is not allowed. */
export function openLibC(): LibC {
  return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
}

/** A text as C has it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Becomes another program with these arguments, the first its path; throws Error where it cannot be started. */
export function become(libc: LibC, program: readonly string[]): never {
  const argv = program.map(cString);
  const addresses = new BigUint64Array([...argv.map(addressOf), 0n]);
  libc.execv(cString(program[0] ?? ""), new Uint8Array(addresses.buffer));
  throw new Error(`Cannot start ${program[0]}: execv failed`);
}

/** Where some bytes lie; they must be kept alive as long as the address is used. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}
