import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Catalog } from "./catalog.ts";
import type { SqlTranslations, TranslatedView } from "./sql_translations.ts";

/** Where the schema files of the project's tables are. */
export const SCHEMAS_URL = new URL("../../infra/bigquery/schemas/", import.meta.url);

/** Where the files are that describe the columns of each view. */
const VIEWS_URL = new URL("../../infra/bigquery/views/", import.meta.url);

/** Where the generated translations are. */
export const TRANSLATIONS_URL = new URL(
  "../../infra/bigquery/duckdb/translations.json",
  import.meta.url,
);

/** The dataset that holds the project's tables and views. */
export const DATASET = "tintype";

/** Makes what the dataset lacks of the schema files and translations: tables, new columns, views. */
export async function prepareDataset(
  catalog: Catalog,
  { views }: Pick<SqlTranslations, "views">,
): Promise<void> {
  if (!(await catalog.listDatasets()).includes(DATASET)) await catalog.createDataset(DATASET);
  for (const file of readdirSync(SCHEMAS_URL).filter((name) => name.endsWith(".json")).sort()) {
    const table = file.slice(0, -".json".length);
    const fields: unknown = JSON.parse(readFileSync(new URL(file, SCHEMAS_URL), "utf8"));
    const resource = { schema: { fields } };
    const exists = await catalog.findTable(DATASET, table) !== null;
    if (exists) await catalog.updateTable(DATASET, table, resource);
    else await catalog.createTable(DATASET, table, resource);
  }
  await putViews(catalog, views);
}

/** A view may read another: those that fail are tried again as long as another one succeeds. */
async function putViews(catalog: Catalog, views: readonly TranslatedView[]): Promise<void> {
  const failed: { view: TranslatedView; error: unknown }[] = [];
  for (const view of views) {
    try {
      await catalog.putView(DATASET, view.name, { ...view, fields: readFields(view.name) });
    } catch (error) {
      failed.push({ view, error });
    }
  }
  if (failed.length === views.length && failed[0] !== undefined) throw failed[0].error;
  if (failed.length > 0) await putViews(catalog, failed.map(({ view }) => view));
}

/** The described columns of a view; one that shows a table's has no file of its own. */
function readFields(view: string): unknown {
  const file = new URL(`${view}.json`, VIEWS_URL);
  const path = existsSync(file) ? file : new URL("images.json", SCHEMAS_URL);
  return JSON.parse(readFileSync(path, "utf8"));
}
