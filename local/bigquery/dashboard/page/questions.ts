/// <reference lib="dom" />
import { html, render, type TemplateResult } from "lit-html";
import { type Row, table } from "./rows.ts";

interface Question {
  readonly title: string;
  readonly sql: string;
  readonly maximumBytesBilled: string;
}

interface QueryAnswer {
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: string }[] };
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[];
  readonly error?: { readonly message: string };
}

/** The questions, each with its SQL and a button that asks it over BigQuery's own API. */
export async function readQuestions(project: string): Promise<TemplateResult[]> {
  const response = await fetch("/_local/questions");
  const questions = await response.json() as Question[]; // our own server's answer
  return questions.map((question) => {
    const run = async ({ currentTarget }: { currentTarget: HTMLButtonElement }) => {
      const place = currentTarget.closest("li")?.querySelector<HTMLElement>(".answer");
      currentTarget.disabled = true;
      const answer = await ask(question, project);
      if (place) render(answer, place);
      currentTarget.disabled = false;
    };
    return html`
      <li>
        <div class="question">
          <span>${question.title}</span>
          <button type="button" aria-label=${`Run: ${question.title}`} @click=${run}>Run</button>
        </div>
        <details>
          <summary>SQL</summary>
          <pre>${question.sql}</pre>
        </details>
        <div class="answer" aria-live="polite"></div>
      </li>
    `;
  });
}

/** A box for any SQL, which runs with a button or Ctrl+Enter. */
export function sqlBox(project: string): TemplateResult {
  const run = async ({ currentTarget }: { currentTarget: HTMLElement }) => {
    const box = currentTarget.closest("#sql-box");
    const sql = box?.querySelector("textarea")?.value.trim() ?? "";
    const place = box?.querySelector<HTMLElement>(".answer");
    if (place && sql !== "") render(await ask({ sql }, project), place);
  };
  const onKey = (event: KeyboardEvent & { currentTarget: HTMLElement }) =>
    event.key === "Enter" && (event.ctrlKey || event.metaKey) ? run(event) : undefined;
  return html`
    <label>Your own question, in BigQuery's SQL
      <textarea rows="4" spellcheck="false" @keydown=${onKey}
        placeholder="SELECT tenant, COUNT(*) AS images FROM tintype.images_current GROUP BY tenant"></textarea>
    </label>
    <button type="button" @click=${run}>Run your question</button>
    <div class="answer" aria-live="polite"></div>
  `;
}

async function ask({ sql, maximumBytesBilled }: Partial<Question>, project: string) {
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
    const { error, schema, rows = [] } = await response.json() as QueryAnswer; // BigQuery's answer to a query
    if (error !== undefined) return html`<p class="problem bad">${error.message}</p>`;
    if (rows.length === 0) {
      return html`<p class="empty">No rows: nothing of the kind has happened.</p>`;
    }
    const read = ({ name, type }: { name: string; type: string }, value: string | null) => {
      if (value === null) return [name, value];
      if (type === "INTEGER" || type === "FLOAT") return [name, Number(value)];
      return [name, type === "BOOLEAN" ? value === "true" : value];
    };
    const shown = rows.map(({ f }): Row =>
      Object.fromEntries(schema.fields.map((field, index) => read(field, f[index]?.v ?? null)))
    );
    return table(schema.fields.map(({ name }) => name), shown);
  } catch {
    return html`<p class="problem bad">BigQuery does not answer.</p>`;
  }
}
