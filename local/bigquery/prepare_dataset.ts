import { DATASET, readTables, readViewColumns } from "../../infra/bigquery/read_schemas.ts";
import type { Catalog } from "./catalog.ts";
import type { SqlTranslations, TranslatedView } from "./sql_translations.ts";

/** Makes what the dataset lacks of the schema files and translations: tables, new columns, views. */
export async function prepareDataset(
  catalog: Catalog,
  { views }: Pick<SqlTranslations, "views">,
): Promise<void> {
  if (!(await catalog.listDatasets()).includes(DATASET)) await catalog.createDataset(DATASET);
  for (const { name, columns } of readTables()) {
    const resource = { schema: { fields: columns } };
    const exists = await catalog.findTable(DATASET, name) !== null;
    if (exists) await catalog.updateTable(DATASET, name, resource);
    else await catalog.createTable(DATASET, name, resource);
  }
  await putViews(catalog, views);
}

/** A view may read another: those that fail are tried again as long as another one succeeds. */
async function putViews(catalog: Catalog, views: readonly TranslatedView[]): Promise<void> {
  const failed: { view: TranslatedView; error: unknown }[] = [];
  for (const view of views) {
    try {
      await catalog.putView(DATASET, view.name, { ...view, fields: readViewColumns(view.name) });
    } catch (error) {
      failed.push({ view, error });
    }
  }
  if (failed.length === views.length && failed[0] !== undefined) throw failed[0].error;
  if (failed.length > 0) await putViews(catalog, failed.map(({ view }) => view));
}
