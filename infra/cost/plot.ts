import type { Simulated, Slice } from "./simulate.ts";

interface Panel {
  readonly title: string;
  readonly color: string;
  readonly of: (slice: Slice) => number;
}

const PANELS: readonly Panel[] = [
  { title: "images a second", color: "#1a73e8", of: ({ arrivalsPerS }) => arrivalsPerS },
  { title: "instances", color: "#00796b", of: ({ instances }) => instances },
  { title: "images in the line", color: "#b06000", of: ({ queued }) => queued },
  { title: "seconds to ready, p95", color: "#c5221f", of: ({ p95S }) => p95S },
];
const SIZE = { width: 900, panel: 96, left: 70, right: 20, top: 44, gap: 34 } as const;
const FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif";
const DAY_MIN = 1440;

/** A simulated day as SVG: four panels over its hours. */
export function plot(simulated: Simulated): string {
  const { width, panel, top, gap } = SIZE;
  const height = top + PANELS.length * (panel + gap) + 10;
  const body = PANELS.map((each, index) =>
    drawPanel(each, simulated.slices, top + index * (panel + gap))
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${FONT}" font-size="12" role="img" aria-label="${simulated.scenario.title}">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${SIZE.left}" y="24" font-size="15" font-weight="bold" fill="#202124">${simulated.scenario.title}</text>
${body.join("\n")}
</svg>
`;
}

function drawPanel({ title, color, of }: Panel, slices: readonly Slice[], y: number): string {
  const { width, panel, left, right } = SIZE;
  const inner = width - left - right;
  const most = niceCeiling(Math.max(...slices.map(of)));
  const x = (minute: number) => round(left + minute / DAY_MIN * inner);
  const at = (value: number) => round(y + panel - value / most * (panel - 18));
  const points = slices.map((slice) => `${x(slice.minute)},${at(of(slice))}`).join(" ");
  const hours = [0, 6, 12, 18, 24].map((hour) =>
    `<line x1="${x(hour * 60)}" y1="${y + 18}" x2="${x(hour * 60)}" y2="${
      y + panel
    }" stroke="#e8eaed"/>` +
    `<text x="${x(hour * 60)}" y="${
      y + panel + 15
    }" text-anchor="middle" fill="#5f6368">${hour}:00</text>`
  );
  return [
    `<text x="${left}" y="${y + 10}" fill="${color}" font-weight="bold">${title}</text>`,
    ...hours,
    `<line x1="${left}" y1="${y + panel}" x2="${width - right}" y2="${
      y + panel
    }" stroke="#9aa0a6"/>`,
    `<text x="${left - 8}" y="${at(most) + 4}" text-anchor="end" fill="#5f6368">${
      most.toLocaleString("en-US")
    }</text>`,
    `<text x="${left - 8}" y="${y + panel + 4}" text-anchor="end" fill="#5f6368">0</text>`,
    `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="1.75" stroke-linejoin="round"/>`,
  ].join("");
}

/** The next number of 1, 2 or 5 times a power of ten. */
function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
