import * as z from "zod";

const answerSchema = z.object({
  jobReference: z.object({ jobId: z.string() }),
  pageToken: z.string().optional(),
  rows: z.array(z.object({ f: z.array(z.object({ v: z.string().nullable() })) })).default([]),
});

type Rows = (string | null)[][];

/** Runs a query over BigQuery's REST API and returns all its rows as texts. Throws Error with the status. */
export async function queryBigQuery(
  endpoint: string,
  project: string,
  query: string,
): Promise<Rows> {
  const queries = `${endpoint}/bigquery/v2/projects/${project}/queries`;
  const first = await ask(queries, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, useLegacySql: false }),
  });
  const rows = rowsOf(first);
  let { pageToken } = first;
  while (pageToken !== undefined) {
    const page = new URLSearchParams({ pageToken });
    const next = await ask(`${queries}/${first.jobReference.jobId}?${page}`);
    rows.push(...rowsOf(next));
    ({ pageToken } = next);
  }
  return rows;
}

async function ask(url: string, request: RequestInit = {}): Promise<z.infer<typeof answerSchema>> {
  const response = await fetch(url, request);
  if (response.ok) return answerSchema.parse(await response.json());
  throw new Error(`Cannot query BigQuery: ${response.status} ${await response.text()}`);
}

function rowsOf({ rows }: z.infer<typeof answerSchema>): Rows {
  return rows.map((row) => row.f.map(({ v }) => v));
}
