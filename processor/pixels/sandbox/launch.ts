/**
 * The first program of a pixel process: restricts itself by Landlock and becomes the pixel process. Landlock holds the
 * thread that asks for it and those that it starts later, and Deno has a dozen threads before its first line of
 * JavaScript; a program that is started by a restricted thread is restricted as a whole.
 * Argument: a `LaunchOrder` as JSON. The program gets Landlock's version as one more argument.
 */
import type { LaunchOrder } from "./launch_order.ts";
import { restrictThread } from "./landlock.ts";
import { addressOf, cString, openLibC } from "./libc.ts";

// The parent's own order, written by the same version of this code.
const { read, execute, program } = JSON.parse(Deno.args[0] ?? "") as LaunchOrder;
const libc = openLibC();
const version = restrictThread(libc, { read, execute });
const argv = [...program, String(version)].map(cString);
const addresses = new BigUint64Array([...argv.map(addressOf), 0n]);
libc.execv(cString(program[0] ?? ""), new Uint8Array(addresses.buffer));
throw new Error(`Cannot start a pixel process: execv failed for ${program[0]}`);
