/** Closes and opens sources: of one tenant, or of everybody by the default's object. */
import { changeTenant } from "@tintype/core/configuration/change_tenant";
import type { ConfigBucket } from "@tintype/core/configuration/push_tenants";
import type { ClosableSource } from "@tintype/core/model/tenant_plan";

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
