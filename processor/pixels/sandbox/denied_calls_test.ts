import assert from "node:assert/strict";
import { test } from "node:test";
import { ABSENT_CALLS, argumentRules, DENIED_CALLS } from "./denied_calls.ts";
import { openLibSeccomp } from "./seccomp.ts";

const skip = Deno.build.os === "linux" ? false : "seccomp is Linux's";
/** libseccomp's number for a name that no processor has a call of. */
const UNKNOWN = -1;

test("every name in the tables is a system call, once", { skip }, () => {
  const whole = [
    ...Object.values(DENIED_CALLS).flatMap((names) => names.split(" ")),
    ...ABSENT_CALLS,
  ];
  assert.equal(new Set(whole).size, whole.length);
  const { numberOf } = openLibSeccomp();
  const names = [...whole, ...argumentRules(1).map(({ call }) => call)];
  assert.deepEqual(names.filter((name) => numberOf(name) === UNKNOWN), []);
});
