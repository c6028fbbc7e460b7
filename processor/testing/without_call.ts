/** Becomes a program on a kernel that lacks one system call. Arguments: the call's name, the program's path and its arguments. */
import { addressOf, cString, openLibC } from "../pixels/sandbox/libc.ts";
import { openLibSeccomp } from "../pixels/sandbox/seccomp.ts";

const [call = "", ...program] = Deno.args;
const libc = openLibC();
openLibSeccomp().load([{ refusal: "ENOSYS", call }]);
const argv = program.map(cString);
const addresses = new BigUint64Array([...argv.map(addressOf), 0n]);
libc.execv(cString(program[0] ?? ""), new Uint8Array(addresses.buffer));
throw new Error(`Cannot start ${program[0]}: execv failed`);
