import type { CallOptions } from "../ports/call_options.ts";
import type { ClosableSource, TenantDocument } from "../model/tenant_plan.ts";
import { checkTenantFiles } from "./tenant_files.ts";
import { type ConfigBucket, pushTenants, readTenantFiles } from "./push_tenants.ts";

/** Which object is changed, and how. */
export interface TenantChange extends CallOptions {
  /** A tenant's name, or `_default`. */
  readonly name: string;
  /** The fields that differ afterwards; undefined takes one out. */
  readonly change: (document: TenantDocument) => Partial<TenantDocument>;
  /** Whether only to check what would be uploaded. */
  readonly isDryRun: boolean;
}

/**
 * Uploads one object of the tenants with some fields changed; its other fields stay as they were written. Returns whether
 * anything differs. Throws `invalid_config` for what would be wrong, and what `pushTenants` throws.
 */
export async function changeTenant(
  config: ConfigBucket,
  { name, change, isDryRun, signal }: TenantChange,
): Promise<boolean> {
  const files = await readTenantFiles(config, { signal });
  const held = files.get(name);
  const { documents } = checkTenantFiles(files);
  const before: unknown = held === undefined ? {} : JSON.parse(new TextDecoder().decode(held));
  const written = { ...before as object, ...change(documents.get(name) ?? {}) }; // checked above
  const text = JSON.stringify(written, null, 2);
  if (text === JSON.stringify(before, null, 2)) return false;
  const after = new Uint8Array(new TextEncoder().encode(text));
  checkTenantFiles(new Map([...files, [name, after]]));
  if (isDryRun) return true;
  await pushTenants(config, new Map([[name, after]]), { signal });
  return true;
}

/** Which source of whom, and whether it is to be closed. */
export interface SourceChange {
  /** A tenant's name, or `_default` for everybody. */
  readonly name: string;
  readonly source: ClosableSource;
  readonly isClosed: boolean;
  readonly isDryRun: boolean;
}

/** Closes or opens a source; returns whether that changes anything. Concurrent pushes: as `pushTenants`. */
export async function setClosed(
  config: ConfigBucket,
  { name, source, isClosed, isDryRun }: SourceChange,
): Promise<boolean> {
  return await changeTenant(config, {
    name,
    isDryRun,
    change: ({ closed = [] }) => {
      const others = closed.filter((each) => each !== source);
      const after = isClosed ? [...others, source].sort() : others;
      return { closed: after.length === 0 ? undefined : after };
    },
  });
}
