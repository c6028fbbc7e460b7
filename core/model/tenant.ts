import { AppError } from "../errors.ts";

declare const brand: unique symbol;

/** A customer of Tintype: `[a-z0-9][a-z0-9-]{0,62}`. */
export type Tenant = string & { readonly [brand]: "Tenant" };

const PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Whose images watch the system: they are in no view, and alerts expect one every five minutes. */
export const SYNTHETIC_TENANT = "synthetic" as Tenant; // as it matches PATTERN

/** Whether `value` is a tenant's name. */
export function isTenant(value: string): value is Tenant {
  return PATTERN.test(value);
}

/** Parses a tenant's name; throws `invalid_request` where it is not one. */
export function parseTenant(value: string): Tenant {
  if (isTenant(value)) return value;
  throw new AppError(
    "invalid_request",
    "Cannot read tenant as it must match [a-z0-9][a-z0-9-]{0,62}",
  );
}
