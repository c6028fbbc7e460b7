import { BESIDE_PLACES } from "@tintype/core/retention/configured_places";
import { observePlaces } from "@tintype/core/retention/platform_places";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { platformSettings } from "./platform_settings.ts";

const PROJECT = "projects/pics";
const OURS = { params: { source_dataset_id: "tintype", source_project_id: "pics" } };
const sink = (name: string, destination: string, more: object = {}) => ({
  name,
  destination,
  ...more,
});
const OWN_LOGS = `logging.googleapis.com/${PROJECT}/locations/eu/buckets/tintype-logs`;
const report = (name: string, bucket: string) => ({
  name: `${PROJECT}/locations/eur4/reportConfigs/${name}`,
  objectMetadataReportOptions: { storageFilters: { bucket } },
});

/** What Google's APIs respond with in a project that has nothing beside Tintype. */
const CLEAN: Readonly<Record<string, object>> = {
  "GET /storage/v1/b/tintype-raw": { location: "EUROPE-WEST4" },
  "GET /storage/v1/b/tintype-processed": { location: "EUR4" },
  [`GET /v1/${PROJECT}/locations/europe-west4/reportConfigs`]: {},
  [`GET /v1/${PROJECT}/locations/eur4/reportConfigs`]: {
    reportConfigs: [report("others", "somebodys")],
  },
  [`GET /v1/${PROJECT}/locations/-/datasetConfigs`]: {},
  [`GET /v2/${PROJECT}/locations/global/featureConfigs`]: {},
  [`GET /v1/${PROJECT}/locations`]: {
    locations: [{ name: `${PROJECT}/locations/eu` }, { name: `${PROJECT}/locations/us` }],
  },
  [`GET /v1/${PROJECT}/locations/eu/transferConfigs`]: {
    transferConfigs: [{ name: "others", params: { source_dataset_id: "sales" } }],
  },
  [`GET /v1/${PROJECT}/locations/us/transferConfigs`]: {},
  [`GET /v2/${PROJECT}/sinks`]: {
    sinks: [sink("own", OWN_LOGS), sink("off", "bigquery.googleapis.com/x", { disabled: true })],
  },
  [`POST /v1/${PROJECT}:getAncestry`]: {
    ancestor: [["project", "pics"], ["folder", "12"], ["organization", "34"]].map(([type, id]) => ({
      resourceId: { type, id },
    })),
  },
  "GET /v2/folders/12/sinks": {},
  "GET /v2/organizations/34/sinks": { sinks: [sink("its own", "pubsub.googleapis.com/t")] },
};

let responses = CLEAN;
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
  const found = responses[`${request.method} ${new URL(request.url).pathname}`];
  return found === undefined ? new Response(null, { status: 403 }) : Response.json(found);
});
after(async () => await server.shutdown());

/** What an audit sees beside Tintype where these responses differ; undefined is a right that it lacks. */
async function seen(changed: Readonly<Record<string, object | undefined>>) {
  responses = Object.fromEntries(
    Object.entries({ ...CLEAN, ...changed }).filter((entry): entry is [string, object] =>
      entry[1] !== undefined
    ),
  );
  const platform = platformSettings({
    projectId: "pics",
    buckets: { raw: "tintype-raw", processed: "tintype-processed" },
    dataset: "tintype",
    endpoints: { storage: undefined, pubsub: undefined, bigquery: undefined, logging: undefined },
    beside: { endpoint: `http://127.0.0.1:${server.addr.port}` },
  });
  return await observePlaces(platform, BESIDE_PLACES);
}

test("nothing is found in a project where nothing is switched on, and every place was read", async () => {
  const places = await seen({});
  assert.deepEqual(places.flatMap(({ faults }) => faults), []);
  for (const { place } of places) assert.equal(place.evidence, "observed", place.place);
});

const FOUND = [
  [
    `GET /v1/${PROJECT}/locations/eur4/reportConfigs`,
    { reportConfigs: [report("names", "tintype-processed")] },
    "names: inventory reports is 1 instead of at most 0",
  ],
  [
    `GET /v1/${PROJECT}/locations/-/datasetConfigs`,
    { datasetConfigs: [{ name: `${PROJECT}/locations/eu/datasetConfigs/all` }] },
    "all: insights datasets is 1 instead of at most 0",
  ],
  [
    `GET /v2/${PROJECT}/locations/global/featureConfigs`,
    { featureConfigs: [{ name: "faces" }] },
    "faces: object enrichments is 1 instead of at most 0",
  ],
  [
    `GET /v1/${PROJECT}/locations/us/transferConfigs`,
    { transferConfigs: [{ name: "nightly", ...OURS }] },
    "nightly: dataset copies is 1 instead of at most 0",
  ],
  [
    `GET /v2/${PROJECT}/sinks`,
    {
      sinks: [sink("own", OWN_LOGS), sink("siem", "pubsub.googleapis.com/projects/siem/topics/t")],
    },
    "siem: log sinks is 1 instead of at most 0",
  ],
  [
    "GET /v2/organizations/34/sinks",
    { sinks: [sink("all", "storage.googleapis.com/b", { includeChildren: true })] },
    "all: organisation sinks is 1 instead of at most 0",
  ],
] as const;

for (const [call, response, fault] of FOUND) {
  test(`what is switched on is found by ${call}, and is not observed without the right`, async () => {
    assert.deepEqual((await seen({ [call]: response })).flatMap(({ faults }) => faults), [fault]);
    const denied = (await seen({ [call]: undefined })).filter(({ unread }) => unread !== undefined);
    assert.equal(denied.length, 1);
    assert.match(denied[0]?.place.bound ?? "", /\(not observed: Cannot read .* 403\)$/);
    assert.equal(denied[0]?.place.evidence, "configured");
  });
}
