/// <reference lib="dom" />
import { byId, element, type Row, table } from "./elements.ts";

interface Question {
  readonly title: string;
  readonly sql: string;
  readonly maximumBytesBilled: string;
}

interface QueryAnswer {
  readonly schema?: {
    readonly fields: readonly { readonly name: string; readonly type: string }[];
  };
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
  readonly error?: { readonly message: string };
}

/** Lists the questions, each with its SQL and a button that asks it over BigQuery's own API. */
export async function showQuestions(project: string): Promise<void> {
  const response = await fetch("/_local/questions");
  const questions = await response.json() as Question[]; // our own server's answer
  byId("question-list").replaceChildren(...questions.map((question) => item(question, project)));
}

function item(question: Question, project: string): HTMLElement {
  const button = element("button", "", "Run");
  button.type = "button";
  button.setAttribute("aria-label", `Run: ${question.title}`);
  const answer = element("div", "answer");
  answer.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    button.disabled = true;
    answer.replaceChildren(await ask(question, project));
    button.disabled = false;
  });
  return element(
    "li",
    "",
    element("div", "question", element("span", "", question.title), button),
    element("details", "", element("summary", "", "SQL"), element("pre", "", question.sql)),
    answer,
  );
}

async function ask({ sql, maximumBytesBilled }: Question, project: string): Promise<HTMLElement> {
  try {
    const response = await fetch(`/bigquery/v2/projects/${encodeURIComponent(project)}/queries`, {
      method: "POST",
      body: JSON.stringify({
        query: sql,
        useLegacySql: false,
        maximumBytesBilled,
        formatOptions: { timestampOutputFormat: "ISO8601_STRING" },
      }),
    });
    const answer = await response.json() as QueryAnswer; // BigQuery's answer to a query
    if (answer.error !== undefined) return element("p", "problem bad", answer.error.message);
    const rows = rowsOf(answer);
    if (rows.length === 0) {
      return element("p", "empty", "No rows: nothing of the kind has happened.");
    }
    return table(answer.schema?.fields.map(({ name }) => name) ?? [], rows);
  } catch {
    return element("p", "problem bad", "BigQuery does not answer.");
  }
}

function rowsOf({ schema, rows = [] }: QueryAnswer): Row[] {
  const fields = schema?.fields ?? [];
  return rows.map(({ f }) =>
    Object.fromEntries(fields.map(({ name, type }, index) => {
      const value = f[index]?.v ?? null;
      if (value !== null && (type === "INTEGER" || type === "FLOAT")) return [name, Number(value)];
      return [name, type === "BOOLEAN" && value !== null ? value === "true" : value];
    }))
  );
}
