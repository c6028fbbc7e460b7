import * as z from "zod";

const answerSchema = z.object({
  rows: z.array(z.object({ f: z.array(z.object({ v: z.string().nullable() })) })).default([]),
});

/** Runs a query in the warehouse over BigQuery's REST and answers rows of texts. Throws Error with the status. */
export async function queryWarehouse(
  endpoint: string,
  project: string,
  query: string,
): Promise<(string | null)[][]> {
  const response = await fetch(`${endpoint}/bigquery/v2/projects/${project}/queries`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, useLegacySql: false }),
  });
  if (!response.ok) {
    throw new Error(`Cannot query the warehouse: ${response.status} ${await response.text()}`);
  }
  return answerSchema.parse(await response.json()).rows.map((row) => row.f.map(({ v }) => v));
}
