/** Becomes a program on a kernel that lacks one system call. Arguments: the call's name, the program's path and its arguments. */
import { become, openLibC } from "../pixels/sandbox/libc.ts";
import { openLibSeccomp } from "../pixels/sandbox/seccomp.ts";

const [call = "", ...program] = Deno.args;
openLibSeccomp().load([{ refusal: "ENOSYS", call }]);
become(openLibC(), program);
