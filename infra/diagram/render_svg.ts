import type { Box, Drawing, Edge, Point, Vertex } from "./drawio.ts";
import { PICTOGRAMS } from "./pictograms.ts";

const FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif";
const LINE = 1.3;
const CORNER = 10;
const ARROW = { length: 9, width: 7 } as const;

/** Draws the page as SVG; throws Error where a style is none that this draws. */
export function renderSvg(drawing: Drawing): string {
  const { width, height, vertices, edges } = drawing;
  const boxes = new Map(vertices.map((vertex) => [vertex.id, vertex.box]));
  const routed = edges.map((edge) => ({ edge, route: routeOf(edge, boxes) }));
  const parts = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...vertices.map(drawVertex),
    ...routed.map(({ edge, route }) => drawArrow(edge, route)),
    ...routed.map(({ edge, route }) => drawArrowLabel(edge, route)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${FONT}" role="img" aria-label="Tintype on one page">\n${
    parts.filter((part) => part !== "").join("\n")
  }\n</svg>\n`;
}

function drawVertex(vertex: Vertex): string {
  const { style } = vertex;
  const shape = style["shape"];
  if (shape === "mxgraph.gcp2.hexIcon") return drawHexagon(vertex);
  if (shape === "image") return drawImage(vertex);
  if (shape !== undefined) throw new Error(`Cannot draw ${vertex.id} as its shape is ${shape}`);
  return drawRectangle(vertex) + drawBoxLabel(vertex);
}

function drawRectangle({ style, box: { x, y, width, height } }: Vertex): string {
  if ("text" in style) return "";
  const { fillColor = "#ffffff", strokeColor = "#000000", strokeWidth = "1" } = style;
  const radius = Number(style["arcSize"] ?? 0) / 2;
  const dash = style["dashed"] === "1"
    ? ` stroke-dasharray="${style["dashPattern"] ?? "3 3"}"`
    : "";
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${fillColor}" stroke="${strokeColor}" stroke-width="${strokeWidth}"${dash}/>`;
}

function drawHexagon({ id, style, box: { x, y, width, height } }: Vertex): string {
  const name = style["prIcon"] ?? "";
  const lines = PICTOGRAMS[name];
  if (lines === undefined) throw new Error(`Cannot draw ${id} as there is no pictogram ${name}`);
  const corners = [[0.25, 0], [0.75, 0], [1, 0.5], [0.75, 1], [0.25, 1], [0, 0.5]]
    .map(([a = 0, b = 0]) => `${round(x + a * width)},${round(y + b * height)}`).join(" ");
  const scale = round(height * 0.6 / 24);
  const left = round(x + width / 2 - 12 * scale);
  const top = round(y + height / 2 - 12 * scale);
  return `<polygon points="${corners}" fill="${style["fillColor"]}"/>` +
    `<path transform="translate(${left} ${top}) scale(${scale})" d="${lines}" fill="none" stroke="#ffffff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>`;
}

/** An SVG in a data address, as draw.io writes it: without `;base64`, as `;` parts styles. */
function drawImage({ id, style, box: { x, y, width, height } }: Vertex): string {
  const [, data] = /^data:image\/svg\+xml,(.+)$/.exec(style["image"] ?? "") ?? [];
  if (data === undefined) {
    throw new Error(`Cannot draw ${id} as its image is no SVG inside the file`);
  }
  const place = `<svg x="${x}" y="${y}" width="${width}" height="${height}"`;
  return atob(data).replace(/<svg(?= )/, place);
}

/** Lines of a label, each with whether it is bold. */
function linesOf(label: string): { readonly text: string; readonly isBold: boolean }[] {
  if (label === "") return [];
  return label.split("<br>").map((line) => ({
    text: line.replace(/<\/?b>/g, ""),
    isBold: /^<b>/.test(line),
  }));
}

function drawBoxLabel({ label, style, box }: Vertex): string {
  const lines = linesOf(label);
  const size = Number(style["fontSize"] ?? 12);
  const height = lines.length * size * LINE;
  const top = style["verticalAlign"] === "top"
    ? box.y + Number(style["spacingTop"] ?? 0)
    : box.y + (box.height - height) / 2;
  const isLeft = style["align"] === "left";
  const x = isLeft ? box.x + Number(style["spacingLeft"] ?? 2) : box.x + box.width / 2;
  const isBold = style["fontStyle"] === "1";
  return lines.map((line, index) =>
    drawText(line.text, { x, y: top + (index + 0.5) * size * LINE + size * 0.35 }, {
      size,
      color: style["fontColor"] ?? "#000000",
      anchor: isLeft ? "start" : "middle",
      isBold: isBold || line.isBold,
    })
  ).join("");
}

function drawText(
  text: string,
  { x, y }: Point,
  { size, color, anchor, isBold }: {
    readonly size: number;
    readonly color: string;
    readonly anchor: "start" | "middle";
    readonly isBold: boolean;
  },
): string {
  const weight = isBold ? ` font-weight="bold"` : "";
  return `<text x="${round(x)}" y="${
    round(y)
  }" font-size="${size}" fill="${color}" text-anchor="${anchor}"${weight}>${escape(text)}</text>`;
}

function routeOf(edge: Edge, boxes: ReadonlyMap<string, Box>): Point[] {
  const end = (id: string, side: "exit" | "entry"): Point => {
    const box = boxes.get(id);
    if (box === undefined) throw new Error(`Cannot draw arrow ${edge.id} as there is no box ${id}`);
    const [x, y] = [Number(edge.style[`${side}X`] ?? 0.5), Number(edge.style[`${side}Y`] ?? 0.5)];
    return { x: box.x + x * box.width, y: box.y + y * box.height };
  };
  return [end(edge.source, "exit"), ...edge.points, end(edge.target, "entry")];
}

function drawArrow({ style }: Edge, route: readonly Point[]): string {
  const { strokeColor = "#000000", strokeWidth = "1" } = style;
  const dash = style["dashed"] === "1" ? ` stroke-dasharray="6 4"` : "";
  const [tip, before] = [route.at(-1), route.at(-2)];
  if (tip === undefined || before === undefined) return "";
  const back = towards(tip, before, ARROW.length);
  const across = { x: (tip.y - back.y) / ARROW.length, y: (back.x - tip.x) / ARROW.length };
  const corner = (sign: number) =>
    `${round(back.x + sign * across.x * ARROW.width / 2)},${
      round(back.y + sign * across.y * ARROW.width / 2)
    }`;
  return `<path d="${
    pathOf([...route.slice(0, -1), back])
  }" fill="none" stroke="${strokeColor}" stroke-width="${strokeWidth}"${dash}/>` +
    `<polygon points="${round(tip.x)},${round(tip.y)} ${corner(1)} ${
      corner(-1)
    }" fill="${strokeColor}"/>`;
}

/** A polyline with rounded corners. */
function pathOf(route: readonly Point[]): string {
  return route.map((point, index) => {
    const [before, after] = [route[index - 1], route[index + 1]];
    const at = `${round(point.x)} ${round(point.y)}`;
    if (before === undefined) return `M${at}`;
    if (after === undefined) return `L${at}`;
    const [a, b] = [towards(point, before, CORNER), towards(point, after, CORNER)];
    return `L${round(a.x)} ${round(a.y)}Q${at} ${round(b.x)} ${round(b.y)}`;
  }).join("");
}

/** The point `length` away from `from` on the way to `to`. */
function towards(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to);
  const part = whole === 0 ? 0 : Math.min(length, whole) / whole;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function drawArrowLabel(edge: Edge, route: readonly Point[]): string {
  const lines = linesOf(edge.label);
  if (lines.length === 0) return "";
  const { style } = edge;
  const size = Number(style["fontSize"] ?? 11);
  const centre = labelPoint(edge, route);
  const width = Math.max(...lines.map(({ text }) => text.length)) * size * 0.5 + 6;
  const height = lines.length * size * LINE;
  const [x, y] = [centre.x - width / 2, centre.y - height / 2];
  const back = `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${
    round(height)
  }" rx="3" fill="${style["labelBackgroundColor"] ?? "#ffffff"}"/>`;
  const color = style["fontColor"] ?? "#000000";
  return back +
    lines.map(({ text, isBold }, index) =>
      drawText(text, { x: centre.x, y: y + (index + 0.5) * size * LINE + size * 0.35 }, {
        size,
        color,
        anchor: "middle",
        isBold,
      })
    ).join("");
}

/** Where draw.io puts the label: a share of the route's length, and beside it. */
function labelPoint({ at, off }: Edge, route: readonly Point[]): Point {
  const lengths = route.slice(1).map((point, index) => distance(route[index] ?? point, point));
  let left = lengths.reduce((sum, length) => sum + length, 0) * (at + 1) / 2;
  for (const [index, length] of lengths.entries()) {
    const [from, to] = [route[index], route[index + 1]];
    if (from === undefined || to === undefined) break;
    if (left <= length || index === lengths.length - 1) {
      const along = towards(from, to, left);
      const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
      return { x: along.x + dy * off, y: along.y - dx * off };
    }
    left -= length;
  }
  return route[0] ?? { x: 0, y: 0 };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escape(text: string): string {
  return text.replace(/&nbsp;/g, " ").replace(/&(?!amp;|lt;|gt;|quot;)/g, "&amp;").replace(
    /</g,
    "&lt;",
  );
}
