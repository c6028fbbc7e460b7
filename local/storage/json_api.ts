/**
 * Objects of the JSON API (cloud.google.com/storage/docs/json_api/v1/objects). Callers of the main port act as the project's
 * owner: on one machine, who can reach it can read its files. A port of an identity has its rights only.
 */
import { jsonReply, type Reply } from "../http/call.ts";
import { type Route, type RoutedCall, withBody } from "../http/declared_routes.ts";
import { mergeAttributes, resourceSchema } from "./object_attributes.ts";
import { listObjects } from "./object_list.ts";
import { jsonEtag, OBJECT_FIELDS, objectResource, readMedia } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { isNotModified, PRECONDITION_QUERY, preconditionsOfQuery } from "./preconditions.ts";
import { givenOf, wholeNumber } from "./read_request.ts";

const PROJECTION = "projection=noAcl|full";
const OBJECT_QUERY = `generation ${PROJECTION} ${PRECONDITION_QUERY}`;
const OBJECT = "/storage/v1/b/{bucket}/o/{object}";

const getRoute: Route<StorageParts> = {
  verb: "read",
  query: `${OBJECT_QUERY} alt=json|media`,
  // Python's client sends it with downloads too, where it means nothing.
  headers: "x-upload-content-type",
  fields: OBJECT_FIELDS,
  run: get,
};

/** Everything that the JSON API does with objects but their uploads. */
export const OBJECT_ROUTES: Readonly<Record<string, Route<StorageParts>>> = {
  "GET /storage/v1/b/{bucket}/o": {
    verb: "list",
    // No bucket here keeps older versions; Go's client names what it does not want.
    query:
      `prefix delimiter startOffset endOffset pageToken maxResults ${PROJECTION} versions=true|false ` +
      "includeTrailingDelimiter=false includeFoldersAsPrefixes=false softDeleted=false matchGlob=",
    fields: `kind,nextPageToken,prefixes,items(${OBJECT_FIELDS})`,
    run: list,
  },
  [`GET ${OBJECT}`]: getRoute,
  [`GET /download${OBJECT}`]: getRoute,
  [`PATCH ${OBJECT}`]: withBody(resourceSchema, {
    query: OBJECT_QUERY,
    fields: OBJECT_FIELDS,
    run({ objects }, call, body) {
      const object = objects.update(targetOf(call), (before) => mergeAttributes(before, body));
      return jsonReply(200, objectResource(object, call.baseUrl));
    },
  }),
  [`DELETE ${OBJECT}`]: {
    verb: "remove",
    query: OBJECT_QUERY,
    async run({ objects }, call) {
      await objects.remove(targetOf(call));
      return { status: 204 };
    },
  },
};

function targetOf({ name, query }: RoutedCall) {
  const generation = wholeNumber(givenOf(query, "generation"), "generation");
  const preconditions = preconditionsOfQuery(query);
  return { bucket: name("bucket"), name: name("object"), generation, preconditions };
}

async function get({ objects, blobs }: StorageParts, call: RoutedCall): Promise<Reply> {
  const target = targetOf(call);
  const object = objects.object(target);
  if (isNotModified(object, target.preconditions)) return { status: 304 };
  if (call.query.get("alt") === "media") return await readMedia(blobs, object, call);
  return jsonReply(200, objectResource(object, call.baseUrl), { ETag: jsonEtag(object) });
}

function list({ objects, database }: StorageParts, { name, query, baseUrl }: RoutedCall): Reply {
  const { name: bucket } = objects.bucket(name("bucket"));
  const given = (parameter: string) => givenOf(query, parameter);
  const page = listObjects(database, {
    bucket,
    prefix: given("prefix"),
    delimiter: given("delimiter"),
    startOffset: given("startOffset"),
    endOffset: given("endOffset"),
    pageToken: given("pageToken"),
    maxResults: wholeNumber(given("maxResults"), "maximum of results"),
  });
  const items = page.objects.map((object) => objectResource(object, baseUrl));
  return jsonReply(200, {
    kind: "storage#objects",
    nextPageToken: page.nextPageToken,
    prefixes: page.prefixes.length === 0 ? undefined : page.prefixes,
    items: items.length === 0 ? undefined : items,
  });
}
