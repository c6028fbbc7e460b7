/// <reference lib="dom" />
/**
 * The dashboard in the browser: it asks for all views every few seconds while it is seen, and draws what has changed.
 * `card_plans` says what each card shows of its view, `charts` draws, `questions` asks the ten questions.
 */
import { Card, type ViewResult } from "./card.ts";
import { CARD_PLANS } from "./card_plans.ts";
import { byId } from "./elements.ts";
import { showQuestions } from "./questions.ts";
import { updateTiles } from "./tiles.ts";

interface DashboardData {
  readonly project: string;
  readonly nowMs: number;
  readonly retentionMs: number;
  readonly views: Readonly<Record<string, ViewResult>>;
}

const ASK_INTERVAL_MS = 3_000;
const ANSWER_TIMEOUT_MS = 10_000;

const cards = CARD_PLANS.map((plan) => ({ view: plan.view, card: new Card(plan) }));
let data: DashboardData | undefined;
let hasQuestions = false;

byId("cards").append(...cards.map(({ card }) => card.element));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.addEventListener("visibilitychange", () => void refresh());
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
    if (!hasQuestions) await showQuestions(data.project);
    hasQuestions = true;
    tell("is-live", `live · ${new Date(data.nowMs).toISOString().slice(11, 19)} UTC`);
  } catch {
    const since = data === undefined ? "" : " What you see is the last answer.";
    tell("is-broken", `BigQuery does not answer; trying again.${since}`);
  }
}

function draw(): void {
  if (data === undefined) return;
  const { views, ...context } = data;
  byId("project").textContent = `BigQuery's views, on this machine: ${data.project}.tintype`;
  const rowsOf = (view: string) => {
    const result = views[view];
    return result === undefined || "error" in result ? [] : result.rows;
  };
  byId("no-images").hidden = rowsOf("retention_state").length > 0;
  updateTiles(rowsOf, context);
  for (const { view, card } of cards) card.update(views[view], context);
}

function tell(state: "is-live" | "is-broken", text: string): void {
  byId("live").className = state;
  byId("live-text").textContent = text;
  byId("cards").classList.toggle("is-stale", state === "is-broken");
}
