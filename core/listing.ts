/** Listings of an object store, page after page. */
import type { ObjectName } from "./model/object_name.ts";
import type { CallOptions } from "./ports/call_options.ts";
import type { ListPage, ListQuery, ObjectFacts, ObjectLister } from "./ports/object_store.ts";

/** Every page of a listing, pulled as it is needed. */
export async function* pagesOf(lister: ObjectLister, query: ListQuery): AsyncGenerator<ListPage> {
  let pageToken: string | undefined;
  do {
    const page = await lister.list(pageToken === undefined ? query : { ...query, pageToken });
    yield page;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}

/** Every object of a listing. */
export async function* walkNames(
  lister: ObjectLister,
  query: ListQuery,
): AsyncGenerator<ObjectFacts> {
  for await (const { objects } of pagesOf(lister, query)) yield* objects;
}

/** Facts of exactly this name, by a listing: for identities that may list but not read. */
export async function findName(
  lister: ObjectLister,
  name: ObjectName,
  { signal }: CallOptions,
): Promise<ObjectFacts | undefined> {
  const page = await lister.list({ prefix: name, maxResults: 1, signal });
  return page.objects.find((object) => object.name === name);
}
