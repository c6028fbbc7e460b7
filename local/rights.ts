import table from "../infra/terraform/modules/contract/rights.json" with { type: "json" };

const IDENTITIES: Readonly<
  Record<string, { readonly rights: Readonly<Record<string, readonly string[]>> }>
> = table.identities;

/** Whether the cloud's own table of rights, which Terraform makes the IAM of, grants an identity a verb on a resource. */
export function isGranted(identity: string, resource: string, verb: string): boolean {
  return IDENTITIES[identity]?.rights[resource]?.includes(verb) === true;
}

/** Reads `processor:9024,bridge:9025` as ports by identity; throws RangeError for anything else. */
export function identityPortsOf(text: string): Record<string, number> {
  const pairs = text.split(",").filter((pair) => pair !== "").map((pair) => pair.split(":"));
  for (const [identity = "", port = ""] of pairs) {
    if (identity in IDENTITIES && /^\d{1,5}$/.test(port)) continue;
    throw new RangeError(`IDENTITY_PORTS must be identity:port,… (got ${text})`);
  }
  return Object.fromEntries(pairs.map(([identity = "", port]) => [identity, Number(port)]));
}
