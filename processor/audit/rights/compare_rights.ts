import type { Binding, LiveIam } from "../../adapters/iam_policies.ts";
import {
  expectedRights,
  type Right,
  type RightsSystem,
  roleName,
  verbOf,
  VERBS,
} from "./expected_rights.ts";
import { isGoogleDefault } from "./google_defaults.ts";
import { objectsOf } from "./object_condition.ts";

/** What differs from the table of rights. */
interface RightsFinding {
  readonly code: "right_missing" | "right_extra" | "right_widened";
  readonly text: string;
}

/** How live IAM compares with the table. */
export interface RightsAudit {
  readonly auditedAt: string;
  readonly passed: boolean;
  /** How many rights of the table were looked for, and in how many policies. */
  readonly rights: number;
  readonly policies: number;
  readonly findings: readonly RightsFinding[];
  readonly notes: readonly string[];
}

interface LiveRight extends Right {
  /** The place whose policy holds it. */
  readonly on: string;
}

const PUBLIC = ["allUsers", "allAuthenticatedUsers"];
const BASIC = /^roles\/(owner|editor|viewer|admin|writer|reader)$/;
/** Kinds of places that an environment may lack: their rights are granted to nobody then. */
const MAY_BE_ABSENT: readonly (string | undefined)[] = ["topic", "subscription", "secret"];

/** Compares what Google says with the table of rights; `buckets` are the buckets' names by place. */
export function compareRights(
  live: LiveIam,
  system: RightsSystem,
  { buckets, nowMs }: {
    readonly buckets: Readonly<Record<string, string>>;
    readonly nowMs: number;
  },
): RightsAudit {
  const table = expectedRights(system);
  const absent = table.filter(({ role, place }) =>
    MAY_BE_ABSENT.includes(VERBS[role]?.on) && !live.places.includes(place)
  );
  const expected = table.filter((each) => !absent.includes(each));
  const found = live.bindings.map((binding) => liveRight(binding, system, buckets));
  const extra = found.filter((each) => !isIn(expected, each) && !isGoogleDefault(system, each));
  const missing = expected.filter((each) =>
    !isIn(found, each) && !extra.some((wide) => lacksCondition(wide, each))
  );
  const findings = [
    ...extra.map((each) => extraFinding(each, expected)),
    ...missing.map((each) =>
      finding("right_missing", `${rightText(each)} by the table of rights, but not in the project`)
    ),
    ...roleFindings(live.roles, system, expected),
  ];
  return {
    auditedAt: new Date(nowMs).toISOString(),
    passed: findings.length === 0,
    rights: expected.length,
    policies: live.places.length,
    findings,
    notes: [
      ...new Set(absent.map(({ place }) => `${place} does not exist: nobody needs a right on it`)),
    ],
  };
}

function liveRight(
  { place, role, member, condition }: Binding,
  system: RightsSystem,
  buckets: Readonly<Record<string, string>>,
): LiveRight {
  const objects = condition === undefined ? "" : objectsOf(buckets[place] ?? "", condition);
  return { member, role: verbOf(system, role), place: place + objects, on: place };
}

function extraFinding(extra: LiveRight, expected: readonly Right[]): RightsFinding {
  const why = widenedBy(extra, expected);
  return why === undefined
    ? finding("right_extra", `${rightText(extra)}, which the table of rights does not have`)
    : finding("right_widened", `${rightText(extra)}: ${why}`);
}

/** Why a right is more than one of the table, undefined where the table has none that it could come from. */
function widenedBy(extra: LiveRight, expected: readonly Right[]): string | undefined {
  if (PUBLIC.includes(extra.member)) return "that is everybody";
  if (BASIC.test(extra.role)) return "a basic role reaches all of the project";
  const own = expected.filter(({ member, place }) =>
    member === extra.member && (place === extra.on || place.startsWith(`${extra.on}/`))
  );
  const narrow = own.filter((each) => lacksCondition(extra, each)).map(({ place }) => place);
  if (narrow.length > 0) return `the table of rights has it on ${narrow.join(", ")} alone`;
  const isVerb = extra.role in VERBS;
  if (isVerb || own.length === 0) return undefined;
  return `the table of rights has ${own.map(({ role }) => role).join(", ")} instead`;
}

/** Whether a right is another without the condition that narrows that. */
function lacksCondition(wide: LiveRight, { member, role, place }: Right): boolean {
  return wide.member === member && wide.role === role && wide.place === wide.on &&
    place.startsWith(`${wide.on}/`);
}

/** A custom role that holds other permissions than its verb changes every right that it is in. */
function roleFindings(
  roles: LiveIam["roles"],
  system: RightsSystem,
  expected: readonly Right[],
): RightsFinding[] {
  const verbs = new Set(expected.map(({ role }) => role).filter((role) => role in VERBS));
  return [...verbs].flatMap((verb) => {
    const name = roleName(system, verb);
    const found = roles.get(name);
    if (found === undefined) return [finding("right_missing", `the role ${name} does not exist`)];
    const wanted = VERBS[verb]?.permissions ?? [];
    const lost = wanted.filter((each) => !found.includes(each)).map((each) =>
      finding("right_missing", `the role ${name} lacks ${each}`)
    );
    const more = found.filter((each) => !wanted.includes(each)).map((each) =>
      finding("right_widened", `the role ${name} also has ${each}`)
    );
    return [...lost, ...more];
  });
}

function isIn(rights: readonly Right[], { member, role, place }: Right): boolean {
  return rights.some((each) =>
    each.member === member && each.role === role && each.place === place
  );
}

function rightText({ member, role, place }: Right): string {
  return `${member} may ${role} on ${place}`;
}

function finding(code: RightsFinding["code"], text: string): RightsFinding {
  return { code, text };
}
