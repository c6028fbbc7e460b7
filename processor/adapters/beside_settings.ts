/**
 * What an organisation can switch on beside Tintype, and what would keep copies: read by an audit alone, as far as its caller
 * may read it. What lies in another project, such as a copy whose destination is there, is not seen.
 */
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { BesideGroup, Setting, SettingName } from "@tintype/core/ports/platform_settings";
import * as z from "zod";
import { googleApi } from "./_google_api.ts";

/** What is looked at; `endpoint` is a server that has all of Google's paths, undefined for Google itself. */
export interface BesideOptions {
  readonly projectId: string;
  readonly buckets: Readonly<Record<string, string>>;
  readonly dataset: string;
  readonly endpoint?: string | undefined;
}

const lastPart = z.string().transform((name) => name.split("/").at(-1) ?? "");
const named = z.object({ name: lastPart });
const bucketSchema = z.object({ location: z.string().toLowerCase() });
/** https://cloud.google.com/storage/docs/insights/reference/rest/v1/projects.locations.reportConfigs */
const reportSchema = z.object({
  name: lastPart,
  objectMetadataReportOptions: z.object({
    storageFilters: z.object({ bucket: z.string().optional() }).optional(),
  }).optional(),
});
/** https://cloud.google.com/bigquery/docs/reference/datatransfer/rest/v1/projects.locations.transferConfigs */
const transferSchema = z.object({
  name: lastPart,
  params: z.object({ source_dataset_id: z.string(), source_project_id: z.string().optional() })
    .partial(),
});
const locationSchema = z.object({ name: z.string() });
/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks */
const sinkSchema = z.object({
  name: lastPart,
  destination: z.string(),
  disabled: z.boolean().default(false),
  includeChildren: z.boolean().default(false),
});
/** https://cloud.google.com/resource-manager/reference/rest/v1/projects/getAncestry */
const ancestrySchema = z.object({
  ancestor: z.array(z.object({ resourceId: z.object({ type: z.string(), id: z.string() }) }))
    .default([]),
});

/** Readers of each group; a setting of 0 says that nothing was found. */
export function besideSettings(
  { projectId, buckets, dataset, endpoint }: BesideOptions,
): Record<BesideGroup, (call: CallOptions) => Promise<Setting[]>> {
  const found = (name: SettingName, ids: readonly string[]): Setting[] =>
    ids.length === 0 ? [{ name, of: projectId, value: 0 }] : ids.map((of) => (
      { name, of, value: 1 }
    ));
  const project = `projects/${projectId}`;
  const names = Object.values(buckets);
  return {
    async insights(call) {
      const storage = googleApi("storage", endpoint, call);
      const insights = googleApi("storageinsights", endpoint, call);
      const read = names.map((bucket) => storage.get(`/storage/v1/b/${bucket}`, bucketSchema));
      const places = new Set((await Promise.all(read)).map(({ location }) => location));
      const [reports, datasets] = await Promise.all([
        Promise.all([...places].map((place) =>
          insights.list(
            `/v1/${project}/locations/${place}/reportConfigs`,
            "reportConfigs",
            reportSchema,
          )
        )),
        insights.list(`/v1/${project}/locations/-/datasetConfigs`, "datasetConfigs", named),
      ]);
      const ofOurs = reports.flat().filter(({ objectMetadataReportOptions: report }) =>
        names.includes(report?.storageFilters?.bucket ?? "")
      );
      return [
        ...found("inventoryReports", ofOurs.map(({ name }) => name)),
        ...found("insightsDatasets", datasets.map(({ name }) => name)),
      ];
    },
    /** https://cloud.google.com/storage/docs/json_api/v1/featureConfigs/list */
    async enrichments(call) {
      const { list } = googleApi("storage", endpoint, call);
      const path = `/v2/${project}/locations/global/featureConfigs`;
      const features = await list(path, "featureConfigs", named);
      return found("objectEnrichments", features.map(({ name }) => name));
    },
    /** A copy's configuration lies in the region of its destination. */
    async transfers(call) {
      const { list } = googleApi("bigquerydatatransfer", endpoint, call);
      const places = await list(`/v1/${project}/locations`, "locations", locationSchema);
      const query = { dataSourceIds: "cross_region_copy" };
      const copies = await Promise.all(
        places.map(({ name }) =>
          list(`/v1/${name}/transferConfigs`, "transferConfigs", transferSchema, query)
        ),
      );
      const ofOurs = copies.flat().filter(({ params }) =>
        params.source_dataset_id === dataset &&
        (params.source_project_id ?? projectId) === projectId
      );
      return found("datasetCopies", ofOurs.map(({ name }) => name));
    },
    /** Log buckets of the project are bounded by a rule of their own. */
    async sinks(call) {
      const { list } = googleApi("logging", endpoint, call);
      const sinks = await list(`/v2/${project}/sinks`, "sinks", sinkSchema);
      const elsewhere = sinks.filter(({ destination, disabled }) =>
        !disabled && !destination.startsWith(`logging.googleapis.com/${project}/`)
      );
      return found("logSinks", elsewhere.map(({ name }) => name));
    },
    async ancestors(call) {
      const { post } = googleApi("cloudresourcemanager", endpoint, call);
      const { list } = googleApi("logging", endpoint, call);
      const { ancestor } = await post(`/v1/${project}:getAncestry`, ancestrySchema);
      const above = ancestor.map(({ resourceId: { type, id } }) => `${type}s/${id}`)
        .filter((name) => !name.startsWith("projects/"));
      const sinks = await Promise.all(
        above.map((name) => list(`/v2/${name}/sinks`, "sinks", sinkSchema)),
      );
      const ofChildren = sinks.flat().filter(({ includeChildren, disabled }) =>
        includeChildren && !disabled
      );
      return found("organisationSinks", ofChildren.map(({ name }) => name));
    },
  };
}
