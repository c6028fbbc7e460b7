import { withSection } from "../../../tools/marked_section.ts";
import { readQuestions } from "../dashboard/dashboard_data.ts";
import { openSampleBigQuery } from "../samples/sample_bigquery.ts";

const MARKS = ["<!-- questions: deno task generate -->", "<!-- end of questions -->"] as const;
const MAX_ROWS = 16;

interface QueryAnswer {
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: string }[] };
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
}

/** The document with each question, its SQL and its answer on the sample data. Throws Error where a mark is missing. */
export async function withAnswers(document: string): Promise<string> {
  return withSection(document, MARKS, await answerQuestions());
}

async function answerQuestions(): Promise<string> {
  const sample = await openSampleBigQuery();
  try {
    const sections: string[] = [];
    for (const [index, { title, name, sql, maximumBytesBilled }] of readQuestions().entries()) {
      const asked = sql.split("\n").slice(2).join("\n");
      const command = [
        "bq query --nouse_legacy_sql",
        `--maximum_bytes_billed=${maximumBytesBilled}`,
        `< infra/bigquery/questions/${name}.sql`,
      ].join(" ");
      sections.push(
        `### ${index + 1}. ${title}`,
        `\`\`\`sql\n${asked}\n\`\`\``,
        `\`\`\`sh\n${command}\n\`\`\``,
        tableOf(await ask(sample.queriesUrl, sql, maximumBytesBilled)),
      );
    }
    return sections.join("\n\n");
  } finally {
    await sample.close();
  }
}

async function ask(
  queriesUrl: string,
  query: string,
  maximumBytesBilled: string,
): Promise<QueryAnswer> {
  const response = await fetch(queriesUrl, {
    method: "POST",
    body: JSON.stringify({
      query,
      useLegacySql: false,
      maximumBytesBilled,
      formatOptions: { timestampOutputFormat: "ISO8601_STRING" },
    }),
  });
  if (!response.ok) throw new Error(`Cannot answer a question: ${await response.text()}`);
  return await response.json() as QueryAnswer; // BigQuery's answer to a query
}

function tableOf({ schema: { fields }, rows = [] }: QueryAnswer): string {
  const aligned = fields.map(({ type }) => ["INTEGER", "FLOAT"].includes(type) ? "--:" : "---");
  const shown = rows.slice(0, MAX_ROWS).map(({ f }) => f.map(({ v }) => cellOf(v)));
  const lines = [fields.map(({ name }) => name), aligned, ...shown];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return rows.length > MAX_ROWS ? `${table}\n\n… and ${rows.length - MAX_ROWS} more rows.` : table;
}

function cellOf(value: string | null): string {
  return value === null ? "" : value.replace(/\.\d{6}Z$/, "Z");
}
