/** Seccomp by libseccomp: one filter for all threads of this process, which nothing takes away again. */
import { ABSENT_CALLS, type ArgumentRule, argumentRules, DENIED_CALLS } from "./denied_calls.ts";
import { cString } from "./libc.ts";

const SYMBOLS = {
  seccomp_init: { parameters: ["u32"], result: "pointer" },
  seccomp_attr_set: { parameters: ["pointer", "u32", "u32"], result: "i32" },
  seccomp_syscall_resolve_name: { parameters: ["buffer"], result: "i32" },
  seccomp_syscall_resolve_num_arch: { parameters: ["u32", "i32"], result: "pointer" },
  seccomp_rule_add_array: {
    parameters: ["pointer", "u32", "i32", "u32", "buffer"],
    result: "i32",
  },
  seccomp_load: { parameters: ["pointer"], result: "i32" },
} as const;

const ALLOW = 0x7fff0000;
/** What a refused call fails with: actions of libseccomp that carry the number of an error. */
const REFUSALS = { EPERM: 0x50001, ENOSYS: 0x50026 } as const;
/**
 * Attributes of a filter: what calls of another instruction set get; all threads; no mitigation of speculative stores,
 * which slows every thread and guards secrets that are not here; search by halves.
 */
const ATTRIBUTES = [[2, REFUSALS.EPERM], [4, 1], [7, 1], [8, 2]] as const;
const NATIVE = 0;
const DIFFERS = 1;
const MASKED_EQUALS = 7;
/** Linux has not reached half of them: a call that a later one adds is absent here until the library knows it. */
const NUMBERS = 1024;

/** One rule of a filter. */
export interface CallRule {
  readonly refusal: keyof typeof REFUSALS;
  /** A call's name, or its number where it has none. */
  readonly call: string | number;
  /** When it is refused; always where it is left out. */
  readonly when?: ArgumentRule;
}

/** libseccomp, opened: throws Error where it is missing, or native code is not allowed. */
export function openLibSeccomp() {
  const { symbols } = Deno.dlopen("libseccomp.so.2", SYMBOLS);
  const must = (what: string, code: number) => {
    if (code !== 0) throw new Error(`Cannot load a seccomp filter: ${what} failed with ${code}`);
  };
  return {
    /** A call's number; -1 for a name that the library does not know, less for another processor's. */
    numberOf: (name: string) => symbols.seccomp_syscall_resolve_name(cString(name)),
    isKnown: (number: number) => symbols.seccomp_syscall_resolve_num_arch(NATIVE, number) !== null,
    /** Loads a filter that allows what no rule refuses; throws Error where the kernel does not take it. */
    load(rules: readonly CallRule[]): void {
      const filter = symbols.seccomp_init(ALLOW);
      for (const [attribute, value] of ATTRIBUTES) {
        must(`attribute ${attribute}`, symbols.seccomp_attr_set(filter, attribute, value));
      }
      for (const { refusal, call, when } of rules) {
        const number = typeof call === "number" ? call : this.numberOf(call);
        // This processor lacks the call, or the library does not know it and its number is refused below.
        if (number < 0) continue;
        const [count, bytes] = when === undefined ? [0, null] : [1, comparisonOf(when)];
        const action = REFUSALS[refusal];
        must(`${call}`, symbols.seccomp_rule_add_array(filter, action, number, count, bytes));
      }
      must("load", symbols.seccomp_load(filter));
    },
  };
}

/** Has all threads of this process lose what `denied_calls.ts` says; throws Error where that cannot be. */
export function denyCalls(pid: number): void {
  const library = openLibSeccomp();
  const denied = Object.values(DENIED_CALLS).flatMap((names) => names.split(" "));
  const unknown = Array.from({ length: NUMBERS }, (_, number) => number)
    .filter((number) => !library.isKnown(number));
  library.load([
    ...denied.map((call) => ({ refusal: "EPERM", call }) as const),
    ...[...ABSENT_CALLS, ...unknown].map((call) => ({ refusal: "ENOSYS", call }) as const),
    ...argumentRules(pid).map((when) => ({ refusal: "EPERM", call: when.call, when }) as const),
  ]);
}

/** libseccomp's `struct scmp_arg_cmp`. */
function comparisonOf(
  { argument, differsFrom, mask = 0xffffffff, equals = 0 }: ArgumentRule,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, argument, true);
  view.setUint32(4, differsFrom === undefined ? MASKED_EQUALS : DIFFERS, true);
  view.setBigUint64(8, BigInt(differsFrom ?? mask), true);
  view.setBigUint64(16, BigInt(equals), true);
  return new Uint8Array(view.buffer);
}
