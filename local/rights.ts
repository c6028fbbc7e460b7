import table from "../infra/terraform/modules/contract/rights.json" with { type: "json" };

type Rights = Readonly<Record<string, readonly string[]>>;

const IDENTITIES: Readonly<Record<string, { readonly rights: Rights }>> = table.identities;

/** Whether the table knows the identity. */
export function isIdentity(name: string): boolean {
  return name in IDENTITIES;
}

/** Whether the cloud's own table of rights, which Terraform makes the IAM of, grants an identity a verb on a resource. */
export function isGranted(identity: string, resource: string, verb: string): boolean {
  return IDENTITIES[identity]?.rights[resource]?.includes(verb) === true;
}

/**
 * Whether a verb is granted on an object of a store: on all of them (`config`), on one (`config/days.json`), or on those
 * whose names begin so (`config/tenants/*`). Without a name: on any object at all.
 */
export function isGrantedOn(
  identity: string,
  { store, name }: { readonly store: string; readonly name: string | undefined },
  verb: string,
): boolean {
  const rights = Object.entries(IDENTITIES[identity]?.rights ?? {});
  return rights.some(([resource, verbs]) => {
    const [, of, pattern] = /^([^/]+)\/?(.*)$/s.exec(resource) ?? [];
    if (of !== store || !verbs.includes(verb)) return false;
    if (!pattern || name === undefined) return true;
    return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  });
}

/** Reads `processor:9024,bridge:9025` as ports by identity; throws RangeError for anything else. */
export function identityPortsOf(text: string): Record<string, number> {
  const pairs = text.split(",").filter((pair) => pair !== "").map((pair) => pair.split(":"));
  for (const [identity = "", port = ""] of pairs) {
    if (isIdentity(identity) && /^\d{1,5}$/.test(port)) continue;
    throw new RangeError(`IDENTITY_PORTS must be identity:port,… (got ${text})`);
  }
  return Object.fromEntries(pairs.map(([identity = "", port]) => [identity, Number(port)]));
}
