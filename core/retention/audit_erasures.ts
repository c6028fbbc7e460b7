import { ERASURE_FOLDERS, rawName, readProcessedName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts, ObjectLister } from "../ports/object_store.ts";
import type { RetentionPolicy } from "./policy.ts";
import { imageOf } from "./purge_bucket.ts";
import { forEachObject } from "./shards.ts";

/** What an audit saw of the erasures that owners asked for. */
export interface AuditedErasures {
  readonly asked: number;
  /** With a receipt: the last copy was gone. */
  readonly receipts: number;
  /** Without a receipt for longer than an erasure may take. */
  readonly overdue: number;
  /** Objects of images that have a receipt, there for longer than the grace. */
  readonly survivors: number;
}

/** What an audit of erasures looks at, and by which clock. */
interface AuditErasuresInput extends CallOptions {
  readonly processed: ObjectLister;
  readonly erasures: ObjectLister;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
}

/**
 * Lists requests and receipts and holds them against each other; then `see` is to be called with every object of the raw
 * and the processed bucket. Holds in memory what was asked for, not what is kept.
 */
export async function auditErasures(
  { processed, erasures, nowMs, policy, ...options }: AuditErasuresInput,
) {
  const receipts = new Set<string>();
  await forEachObject(processed, "processed", ({ name }) => {
    const { receipt } = ERASURE_FOLDERS;
    if (name.startsWith(receipt)) receipts.add(name.slice(receipt.length));
  }, options);
  const erased = new Set<string>();
  let asked = 0;
  let overdue = 0;
  let survivors = 0;
  await forEachObject(erasures, "erasures", ({ name, createdMs }) => {
    if (imageOf("erasures", name) === null) return;
    asked++;
    if (receipts.has(name)) erased.add(name);
    else if (nowMs - createdMs > policy.erasureMs) overdue++;
  }, options);
  return {
    see({ name, createdMs }: ObjectFacts): void {
      const kind = readProcessedName(name)?.kind;
      if (kind === "receipt" || kind === "erasing") return;
      const ref = imageOf(kind === undefined ? "raw" : "processed", name);
      if (ref === null || !erased.has(rawName(ref))) return;
      // What was under way is undone by who wrote it, and in any case by the next run of repair.
      if (nowMs - createdMs > policy.graceMs) survivors++;
    },
    result: (): AuditedErasures => ({ asked, receipts: erased.size, overdue, survivors }),
  };
}
