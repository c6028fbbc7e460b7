import report from "./report.json" with { type: "json" };

/** A chart of the report: where it takes its fields from, and how each is used. */
export interface ReportChart {
  readonly type: string;
  readonly title: string;
  readonly view: string;
  readonly dimensions: readonly string[];
  /** Each an aggregation of a column, `SUM(images)`. */
  readonly metrics: readonly string[];
  readonly breakdown?: string;
  readonly sort?: string;
  /** A condition in SQL. */
  readonly filter?: string;
}

/** The report's pages in their order. */
interface ReportPage {
  readonly title: string;
  readonly charts: readonly ReportChart[];
}

/** The report's name. */
export const REPORT_NAME = report.name;

/** The report template, page by page. */
export const REPORT_PAGES: readonly ReportPage[] = report.pages;

/** The views that the report stands on, each a data source of that name. */
export function reportViews(): string[] {
  const views = REPORT_PAGES.flatMap(({ charts }) => charts.map(({ view }) => view));
  return [...new Set(views)].sort();
}

/** The query that gives a chart's figures. */
export function queryOfChart(chart: ReportChart): string {
  const { view, dimensions, breakdown, metrics, sort, filter } = chart;
  const groups = breakdown === undefined ? dimensions : [...dimensions, breakdown];
  const direction = sort?.endsWith(" descending") ? " DESC" : "";
  return [
    `SELECT ${[...groups, ...metrics].join(", ")} FROM tintype.${view}`,
    ...filter === undefined ? [] : [`WHERE ${filter}`],
    ...groups.length === 0 ? [] : [`GROUP BY ${groups.join(", ")}`],
    ...sort === undefined ? [] : [`ORDER BY ${sort.replace(/ \w+$/, "")}${direction}`],
  ].join(" ");
}

/** The columns that a chart names anywhere. */
export function columnsOfChart(chart: ReportChart): string[] {
  const metrics = chart.metrics.map((metric) => /\((\w+)\)/.exec(metric)?.[1] ?? metric);
  const { breakdown, sort, filter } = chart;
  const sorted = sort === undefined ? [] : [/^(?:\w+\()?(\w+)/.exec(sort)?.[1] ?? sort];
  const filtered = filter === undefined ? [] : [/^\w+/.exec(filter)?.[0] ?? filter];
  const broken = breakdown === undefined ? [] : [breakdown];
  return [...new Set([...chart.dimensions, ...metrics, ...broken, ...sorted, ...filtered])];
}
