import { forEachBounded } from "../concurrency.ts";
import { pagesOf, walkNames } from "../listing.ts";
import type { ListQuery, ObjectFacts, ObjectLister } from "../ports/object_store.ts";

/** A stretch of a folder: names from `startOffset` (its first where none) to before `endOffset` (its last where none). */
interface Stretch {
  readonly prefix: string;
  readonly startOffset?: string;
  readonly endOffset?: string;
}

const FOLDERS_AT_ONCE = 4;
const STRETCHES_AT_ONCE = 8;
const VISITS_AT_ONCE = 8;
/** An owner begins with one of these (base32, RFC 4648), in the order of a listing. */
const OWNER_LETTERS = "234567abcdefghijklmnopqrstuvwxyz";

/**
 * Visits every object below a day's folder. One page is visited as it is; a folder of more is walked tenant by tenant,
 * and a tenant of more in stretches by the first letter of the owner, side by side: a listing gives its pages only one
 * after another. Names that are not ours lie in some stretch too. Pages are pulled as they are needed.
 */
export async function forEachName(
  lister: ObjectLister,
  query: Pick<ListQuery, "prefix" | "signal">,
  visit: (object: ObjectFacts) => Promise<void>,
): Promise<void> {
  const page = await lister.list(query);
  if (page.nextPageToken === undefined) {
    return await forEachBounded(page.objects, VISITS_AT_ONCE, visit);
  }
  await forEachBounded(
    walkEntries(lister, query),
    FOLDERS_AT_ONCE,
    (entry) =>
      typeof entry === "string"
        ? forEachOfTenant(lister, { ...query, prefix: entry }, visit)
        : visit(entry),
  );
}

async function forEachOfTenant(
  lister: ObjectLister,
  query: Pick<ListQuery, "prefix" | "signal">,
  visit: (object: ObjectFacts) => Promise<void>,
): Promise<void> {
  const page = await lister.list(query);
  if (page.nextPageToken === undefined) {
    return await forEachBounded(page.objects, VISITS_AT_ONCE, visit);
  }
  await forEachBounded(
    stretchesOf(query.prefix),
    STRETCHES_AT_ONCE,
    (stretch) =>
      forEachBounded(walkStretch(lister, { ...query, ...stretch }), VISITS_AT_ONCE, visit),
  );
}

/** Folders (texts) and objects one level below a prefix. */
async function* walkEntries(
  lister: ObjectLister,
  query: Pick<ListQuery, "prefix" | "signal">,
): AsyncGenerator<string | ObjectFacts> {
  for await (const page of pagesOf(lister, { ...query, delimiter: "/" })) {
    yield* page.prefixes;
    yield* page.objects;
  }
}

function stretchesOf(prefix: string): Stretch[] {
  const bounds = [...OWNER_LETTERS].slice(1).map((letter) => prefix + letter);
  return [undefined, ...bounds].map((startOffset, index) => {
    const endOffset = bounds[index];
    return {
      prefix,
      ...(startOffset === undefined ? {} : { startOffset }),
      ...(endOffset === undefined ? {} : { endOffset }),
    };
  });
}

async function* walkStretch(
  lister: ObjectLister,
  { endOffset, ...query }: Stretch & Pick<ListQuery, "signal">,
): AsyncGenerator<ObjectFacts> {
  for await (const object of walkNames(lister, query)) {
    if (endOffset !== undefined && object.name >= endOffset) return;
    yield object;
  }
}
