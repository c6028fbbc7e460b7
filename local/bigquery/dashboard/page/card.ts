/// <reference lib="dom" />
import { BarChart, type Bars } from "./charts.ts";
import { element, type Row, table } from "./elements.ts";

/** What a view gave, as the server sends it. */
export type ViewResult = { readonly columns: string[]; readonly rows: Row[] } | {
  readonly error: string;
};

/** What a card shows of its view: bars, or elements of its own. */
export type Content = Bars | readonly HTMLElement[];

/** What a card is about. */
export interface CardPlan {
  readonly view: string;
  readonly title: string;
  /** Takes two columns where there are three. */
  readonly isWide?: boolean;
  /** One line that says what is counted. */
  readonly note: string;
  /** What to show of the view's rows, of which there is one at least. */
  readonly show: (rows: readonly Row[], context: Context) => Content;
  /** Said where the view has no rows. */
  readonly empty: string;
}

/** What every card may need beside its rows. */
export interface Context {
  readonly nowMs: number;
  readonly retentionMs: number;
}

/** A card on the page: a chart or elements, the figures behind it as a table, or why there is nothing. */
export class Card {
  readonly element: HTMLElement;
  readonly #plan: CardPlan;
  readonly #body = element("div");
  readonly #figures = element("details", "", element("summary", "", "Figures"));
  readonly #canvas = element("canvas");
  readonly #chartBox = element("div", "chart", this.#canvas);
  readonly #chart = new BarChart(this.#canvas);
  #last = "";

  constructor(plan: CardPlan) {
    this.#plan = plan;
    const title = element("h2", "", plan.title);
    title.id = `card-${plan.title.toLowerCase().replaceAll(" ", "-")}`;
    this.element = element(
      "section",
      plan.isWide ? "card is-wide" : "card",
      title,
      element("p", "note", plan.note),
    );
    this.element.append(this.#chartBox, this.#body, this.#figures);
    this.element.setAttribute("aria-labelledby", title.id);
    this.#chartBox.hidden = true;
  }

  /** Shows a result; what has not changed is left alone, so that an open table stays where it was scrolled to. */
  update(result: ViewResult | undefined, context: Context): void {
    if (result === undefined || "error" in result) {
      const why = result?.error ?? "BigQuery has no such view.";
      return this.#say(element("p", "empty problem", `This view cannot be read. ${why}`));
    }
    if (result.rows.length === 0) return this.#say(element("p", "empty", this.#plan.empty));
    this.#show(this.#plan.show(result.rows, context));
    const text = JSON.stringify(result.rows);
    if (text === this.#last) return;
    this.#last = text;
    this.#figures.hidden = false;
    this.#figures.querySelector(".scroll")?.remove();
    this.#figures.append(table(result.columns, result.rows));
  }

  #show(content: Content): void {
    const isChart = "series" in content;
    this.#chartBox.hidden = !isChart;
    if (!isChart) return this.#body.replaceChildren(...content);
    this.#body.replaceChildren();
    this.#chart.draw(content);
  }

  #say(message: HTMLElement): void {
    this.#chartBox.hidden = true;
    this.#figures.hidden = true;
    this.#last = "";
    this.#body.replaceChildren(message);
  }
}
