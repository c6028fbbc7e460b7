import { pagesOf } from "../listing.ts";
import { dayOf } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectLister } from "../ports/object_store.ts";

/** A folder that holds one UTC day's names. */
export interface DayFolder {
  /** `yyyy-mm-dd`. */
  readonly day: string;
  readonly prefix: string;
}

/** What lies at the top of a bucket: folders of days, ours by name, and everything else. */
interface TopLevel {
  readonly days: readonly DayFolder[];
  /** Names and folders that are not ours. */
  readonly foreign: number;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** How to list days; `known` folders are neither days nor foreign. */
interface ListDaysOptions extends CallOptions {
  readonly known?: readonly string[];
}

/** Lists one level below `root` (empty, or a folder such as `erase/`). */
export async function listDays(
  lister: ObjectLister,
  root: string,
  { known = [], signal }: ListDaysOptions,
): Promise<TopLevel> {
  const days: DayFolder[] = [];
  let foreign = 0;
  for await (const page of pagesOf(lister, { prefix: root, delimiter: "/", signal })) {
    foreign += page.objects.length;
    for (const prefix of page.prefixes) {
      const day = prefix.slice(root.length, -1);
      if (DAY.test(day)) days.push({ day, prefix });
      else if (!known.includes(prefix)) foreign++;
    }
  }
  return { days, foreign };
}

/** The days that can hold names which are still kept at `nowMs`, oldest first, with a day of slack for clocks ahead. */
export function keptDays(nowMs: number, periodMs: number): string[] {
  const days: string[] = [];
  const last = dayOf(nowMs + 10_000);
  for (let ms = nowMs - periodMs; dayOf(ms) <= last; ms += 86_400_000) days.push(dayOf(ms));
  return days;
}
