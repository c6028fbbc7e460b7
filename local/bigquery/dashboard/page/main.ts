/// <reference lib="dom" />
/**
 * The dashboard in the browser: it asks for all views every few seconds while it is seen, and draws what has changed.
 * `card_plans` says what each card shows of its view, `filters` which rows, `charts` draws, `questions` asks the ten
 * questions and whatever is written into the box.
 */
import { html, nothing, render, type TemplateResult } from "lit-html";
import { CARD_PLANS, type CardPlan } from "./card_plans.ts";
import { BarChart, type Bars } from "./charts.ts";
import { filterBar, filtered } from "./filters.ts";
import { readQuestions, sqlBox } from "./questions.ts";
import { type Context, type Row, table } from "./rows.ts";
import { tiles } from "./tiles.ts";

/** What a view gave, as the server sends it. */
type ViewResult = { readonly columns: string[]; readonly rows: Row[] } | { readonly error: string };

interface DashboardData extends Context {
  readonly project: string;
  readonly views: Readonly<Record<string, ViewResult>>;
}

/** What a card shows: bars, or what stands in their place; and the figures behind it. */
interface Shown {
  readonly bars?: Bars;
  readonly body?: TemplateResult;
  readonly figures?: TemplateResult;
}

const ASK_INTERVAL_MS = 3_000;
const ANSWER_TIMEOUT_MS = 10_000;

const charts = new Map<HTMLCanvasElement, BarChart>();
let data: DashboardData | undefined;
let hasQuestions = false;

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.addEventListener("visibilitychange", () => void refresh());
render(CARD_PLANS.map((plan) => card(plan, {})), byId("cards"));
await refresh();
setInterval(() => void refresh(), ASK_INTERVAL_MS);

async function refresh(): Promise<void> {
  if (document.hidden) return;
  try {
    const response = await fetch("/_local/dashboard", {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    data = await response.json() as DashboardData; // our own server's answer
    draw();
    if (!hasQuestions) {
      render(await readQuestions(data.project), byId("question-list"));
      render(sqlBox(data.project), byId("sql-box"));
    }
    hasQuestions = true;
    tell("is-live", `live · ${new Date(data.nowMs).toISOString().slice(11, 19)} UTC`);
  } catch {
    const since = data === undefined ? "" : " What you see is the last answer.";
    tell("is-broken", `BigQuery does not answer; trying again.${since}`);
  }
}

function draw(): void {
  if (data === undefined) return;
  const { project, views } = data;
  const context = data;
  const all = Object.values(views).flatMap((result) => "error" in result ? [] : result.rows);
  render(filterBar(all, draw), byId("filters"));
  byId("project").textContent = `BigQuery's views, on this machine: ${project}.tintype`;
  const rowsOf = (view: string) => {
    const result = views[view];
    return result === undefined || "error" in result ? [] : filtered(result.rows);
  };
  byId("no-images").hidden = all.some((row) => row["oldest_t0"] !== undefined);
  render(tiles(rowsOf, context), byId("tiles"));
  const shown = CARD_PLANS.map((plan) => show(plan, views[plan.view], context));
  render(CARD_PLANS.map((plan, index) => card(plan, shown[index] ?? {})), byId("cards"));
  for (const [index, canvas] of document.querySelectorAll("canvas").entries()) {
    const bars = shown[index]?.bars;
    if (bars === undefined) continue;
    const chart = charts.get(canvas) ?? new BarChart(canvas);
    charts.set(canvas, chart);
    chart.draw(bars);
  }
}

function show(plan: CardPlan, result: ViewResult | undefined, context: Context): Shown {
  if (result === undefined || "error" in result) {
    const why = result?.error ?? "BigQuery has no such view.";
    return { body: html`<p class="empty problem">This view cannot be read. ${why}</p>` };
  }
  const rows = filtered(result.rows);
  if (rows.length === 0) {
    const empty = result.rows.length === 0 ? plan.empty : "Nothing of what is chosen above.";
    return { body: html`<p class="empty">${empty}</p>` };
  }
  const content = plan.show(rows, context);
  const figures = table(result.columns, rows);
  return "series" in content ? { bars: content, figures } : { body: content, figures };
}

/** What has not changed is left alone by `render`, so that an open table stays where it was scrolled to. */
function card({ title, note, isWide = false }: CardPlan, { bars, body, figures }: Shown) {
  const id = `card-${title.toLowerCase().replaceAll(" ", "-")}`;
  return html`
    <section class=${isWide ? "card is-wide" : "card"} aria-labelledby=${id}>
      <h2 id=${id}>${title}</h2>
      <p class="note">${note}</p>
      <div class="chart" ?hidden=${bars === undefined}>
        <canvas role="img"></canvas>
      </div>
      <div>${body ?? nothing}</div>
      <details ?hidden=${figures === undefined}><summary>Figures</summary>${figures}</details>
    </section>
  `;
}

function tell(state: "is-live" | "is-broken", text: string): void {
  byId("live").className = state;
  byId("live-text").textContent = text;
  byId("cards").classList.toggle("is-stale", state === "is-broken");
}

/** An element of the page's own HTML. Throws Error where it is not there. */
function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`Cannot draw the page as it has no #${id}`);
  return found;
}
