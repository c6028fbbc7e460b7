import { isAppError } from "../errors.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ClosableSource, TenantDocument } from "../model/tenant_plan.ts";
import { checkTenantFiles, tenantFile } from "./tenant_files.ts";
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

/** How often a change is applied anew to what others wrote meanwhile. */
const ATTEMPTS = 4;

/**
 * Uploads one object of the tenants with some fields changed; its other fields stay as they were written, also where
 * somebody else writes them at the same time: then `change` is applied to theirs. Returns whether anything differs.
 * Throws `invalid_config` for what would be wrong, and what `pushTenants` and `change` throw.
 */
export async function changeTenant(config: ConfigBucket, change: TenantChange): Promise<boolean> {
  for (let attempt = 1;; attempt++) {
    try {
      return await changeOnce(config, change);
    } catch (error) {
      if (attempt === ATTEMPTS || !isAppError(error, "conflict")) throw error;
    }
  }
}

async function changeOnce(
  config: ConfigBucket,
  { name, change, isDryRun, signal }: TenantChange,
): Promise<boolean> {
  const file = tenantFile(name);
  const facts = await config.stat(file, { signal });
  const held = facts && await config.read(file, { signal, generation: facts.generation });
  const files = await readTenantFiles(config, { signal });
  if (held !== null) files.set(name, held);
  const { documents } = checkTenantFiles(files);
  const before: unknown = held === null ? {} : JSON.parse(new TextDecoder().decode(held));
  const written = { ...before as object, ...change(documents.get(name) ?? {}) }; // checked above
  const text = JSON.stringify(written, null, 2);
  if (text === JSON.stringify(before, null, 2)) return false;
  const after = new Uint8Array(new TextEncoder().encode(text));
  checkTenantFiles(new Map([...files, [name, after]]));
  if (isDryRun) return true;
  const expected = new Map([[name, facts]]);
  await pushTenants(config, new Map([[name, after]]), { signal, expected });
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

/** Closes or opens a source; returns whether that changes anything. Concurrent calls are safe. */
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
