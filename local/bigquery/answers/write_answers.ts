import { withSection } from "../../../tools/marked_section.ts";
import { readQuestions } from "../dashboard/dashboard_data.ts";
import { formatRows, type QueryResult } from "../result_rows.ts";
import { runQuery } from "../run_query.ts";
import { openSampleBigQuery } from "../samples/sample_bigquery.ts";

const MARKS = ["<!-- questions: deno task generate -->", "<!-- end of questions -->"] as const;
const MAX_ROWS = 9;

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
      const limit = `at most ${Number(maximumBytesBilled) / 1024 ** 3} GiB`;
      sections.push(
        `### ${index + 1}. ${title}`,
        `\`\`\`sql\n${asked}\n\`\`\``,
        `[\`${name}.sql\`](../infra/bigquery/questions/${name}.sql), ${limit}:`,
        tableOf(await runQuery(sample.parts, sql)),
      );
    }
    return sections.join("\n\n");
  } finally {
    await sample.close();
  }
}

function tableOf({ fields, rows }: QueryResult): string {
  const aligned = fields.map(({ type }) => ["INTEGER", "FLOAT"].includes(type) ? "--:" : "---");
  const shown = formatRows(rows.slice(0, MAX_ROWS), "ISO8601_STRING")
    .map(({ f }) => f.map(({ v }) => String(v ?? "").replace(/\.\d{6}Z$/, "Z")));
  const lines = [fields.map(({ name }) => name), aligned, ...shown];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return rows.length > MAX_ROWS ? `${table}\n\n… and ${rows.length - MAX_ROWS} more rows.` : table;
}
