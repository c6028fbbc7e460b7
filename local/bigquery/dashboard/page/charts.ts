/// <reference lib="dom" />
import type { Chart as ChartClass, ChartOptions } from "chart.js";

/** The library's own global: it is served as one file from node_modules. */
declare const Chart: typeof ChartClass;

/** One series of bars; `color` is a property of the style sheet or a colour, one for all bars or one each. */
interface Series {
  readonly label: string;
  readonly values: readonly number[];
  readonly color: string | readonly string[];
}

/** Bars to be drawn. */
export interface Bars {
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  /** Bars lie on their side, which leaves room for long labels. */
  readonly horizontal?: boolean;
  readonly stacked?: boolean;
  /** How a value is written. */
  readonly format: (value: number) => string;
}

/** A chart on a canvas that is drawn once and then changed in place. */
export class BarChart {
  readonly #canvas: HTMLCanvasElement;
  #chart: ChartClass | undefined;
  #shape = "";

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    canvas.setAttribute("role", "img");
  }

  /** Draws the bars, or changes those that are there. */
  draw(bars: Bars): void {
    const shape = `${bars.horizontal}${bars.stacked}${colorOf("--ink")}`;
    if (shape !== this.#shape) this.#chart?.destroy();
    if (shape !== this.#shape || this.#chart === undefined) {
      this.#chart = new Chart(this.#canvas, {
        type: "bar",
        data: { labels: [], datasets: [] },
        options: optionsOf(bars),
      });
      this.#shape = shape;
    }
    this.#chart.data.labels = [...bars.labels];
    this.#chart.data.datasets = bars.series.map(({ label, values, color }) => ({
      label,
      data: [...values],
      backgroundColor: typeof color === "string" ? colorOf(color) : color.map(colorOf),
      borderRadius: 3,
      borderColor: colorOf("--quiet"),
      // So that a bar of the card's own colour is seen.
      borderWidth: typeof color === "string" ? 0 : 1,
      maxBarThickness: 34,
    }));
    this.#chart.update("none");
    this.#canvas.setAttribute("aria-label", describe(bars));
  }
}

function optionsOf(
  { horizontal = false, stacked = false, format, series }: Bars,
): ChartOptions<"bar"> {
  const ink = colorOf("--quiet");
  const values = {
    stacked,
    beginAtZero: true,
    grid: { color: colorOf("--line") },
    border: { display: false },
    ticks: {
      color: ink,
      maxTicksLimit: 5,
      precision: 0,
      callback: (value: string | number) => format(Number(value)),
    },
  };
  const names = {
    stacked,
    grid: { display: false },
    border: { display: false },
    ticks: { color: ink, autoSkip: !horizontal, maxRotation: 0 },
  };
  return {
    animation: false,
    maintainAspectRatio: false,
    indexAxis: horizontal ? "y" : "x",
    scales: horizontal ? { x: values, y: names } : { x: names, y: values },
    plugins: {
      legend: {
        display: series.length > 1,
        position: "bottom",
        labels: { color: ink, boxWidth: 12, boxHeight: 12 },
      },
      tooltip: {
        callbacks: {
          label: ({ dataset, raw }) => `${dataset.label}: ${format(Number(raw))}`,
        },
      },
    },
  };
}

/** What a screen reader says of the chart. */
function describe({ labels, series, format }: Bars): string {
  return labels.slice(0, 12).map((label, index) => {
    const parts = series.map(({ label: name, values }) => `${name} ${format(values[index] ?? 0)}`);
    return `${label}: ${parts.join(", ")}`;
  }).join("; ");
}

/** A property of the style sheet as a colour that the canvas takes in the present scheme. */
function colorOf(color: string): string {
  if (!color.startsWith("--")) return color;
  const probe = document.createElement("span");
  probe.style.color = `var(${color})`;
  document.body.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return computed;
}
