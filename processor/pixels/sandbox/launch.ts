/**
 * The first program of a pixel process: restricts itself by Landlock and becomes the pixel process. Landlock holds the
 * thread that asks for it and those that it starts later, and Deno has a dozen threads before its first line of
 * JavaScript; a program that is started by a restricted thread is restricted as a whole. Nothing is awaited in between, as
 * another thread could go on after it.
 * Argument: a `LaunchOrder` as JSON. The program gets Landlock's version as one more argument.
 */
import type { LaunchOrder } from "./launch_order.ts";
import { restrictThread } from "./landlock.ts";
import { become, openLibC } from "./libc.ts";

// The parent's own order, written by the same version of this code.
const { program, ...rules } = JSON.parse(Deno.args[0] ?? "") as LaunchOrder;
const libc = openLibC();
const version = restrictThread(libc, rules);
become(libc, [...program, String(version)]);
