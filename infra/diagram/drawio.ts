/**
 * The architecture on one page: `tintype.drawio` is the source, drawn in draw.io; `drawio` reads it, `render_svg` draws
 * the part of draw.io's language that it uses, `generate` writes the SVG and the PNG.
 */
import { parseXml, XmlElement } from "@rgrove/parse-xml";

/** A place on the page, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box on the page. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** What boxes and arrows have in common; `data` are draw.io's custom attributes. */
interface Drawn {
  readonly id: string;
  /** Simple HTML: lines parted by `<br>`, `<b>` around bold text. */
  readonly label: string;
  readonly style: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

/** A box. */
export interface Vertex extends Drawn {
  readonly box: Box;
}

/** An arrow; `at` is where its label lies, from -1 (begin) to 1 (end), `off` how far beside it. */
export interface Edge extends Drawn {
  readonly source: string;
  readonly target: string;
  readonly points: readonly Point[];
  readonly at: number;
  readonly off: number;
}

/** A page of a draw.io file. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly vertices: readonly Vertex[];
  readonly edges: readonly Edge[];
}

const MARGIN = 20;

/** Reads an uncompressed draw.io file of one page; throws Error where it is not one, or uses what is not drawn here. */
export function parseDrawio(xml: string): Drawing {
  const root = findAll(parseXml(xml).root, "root")[0];
  if (root === undefined) throw new Error("Cannot read the drawing as it is compressed or empty");
  const vertices: Vertex[] = [];
  const edges: Edge[] = [];
  for (const element of elementsOf(root)) {
    const cell = element.name === "mxCell" ? element : findAll(element, "mxCell")[0];
    if (cell === undefined) throw new Error(`Cannot read ${element.name} as it holds no mxCell`);
    const drawn = drawnOf(element, cell);
    if (cell.attributes["vertex"] === "1") vertices.push({ ...drawn, box: boxOf(cell) });
    if (cell.attributes["edge"] === "1") edges.push({ ...drawn, ...edgeOf(cell, drawn.id) });
  }
  const right = Math.max(...vertices.map(({ box }) => box.x + box.width));
  const bottom = Math.max(...vertices.map(({ box }) => box.y + box.height));
  return { width: right + MARGIN, height: bottom + MARGIN, vertices, edges };
}

function drawnOf(element: XmlElement, cell: XmlElement): Drawn {
  const { id = "", label = cell.attributes["value"] ?? "", ...data } = element.attributes;
  return {
    id,
    label,
    style: styleOf(cell.attributes["style"] ?? ""),
    data: element === cell ? {} : data,
  };
}

/** `a=1;b=2;text` → `{a: "1", b: "2", text: ""}`; an image's own `=` signs stay. */
function styleOf(text: string): Record<string, string> {
  const entries = text.split(";").filter((part) => part !== "").map((part): [string, string] => {
    const at = part.indexOf("=");
    return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}

function boxOf(cell: XmlElement): Box {
  const attributes = findAll(cell, "mxGeometry")[0]?.attributes ?? {};
  const read = (name: string) => Number(attributes[name] ?? 0);
  return { x: read("x"), y: read("y"), width: read("width"), height: read("height") };
}

function edgeOf(
  cell: XmlElement,
  id: string,
): Pick<Edge, "source" | "target" | "points" | "at" | "off"> {
  const { source, target } = cell.attributes;
  if (source === undefined || target === undefined) {
    throw new Error(`Cannot draw arrow ${id} as it does not begin and end at a box`);
  }
  const geometry = findAll(cell, "mxGeometry")[0];
  const points = findAll(cell, "mxPoint").map(({ attributes }) => ({
    x: Number(attributes["x"] ?? 0),
    y: Number(attributes["y"] ?? 0),
  }));
  return {
    source,
    target,
    points,
    at: Number(geometry?.attributes["x"] ?? 0),
    off: Number(geometry?.attributes["y"] ?? 0),
  };
}

function findAll(element: XmlElement | null, name: string): XmlElement[] {
  if (element === null) return [];
  return elementsOf(element).flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...findAll(child, name),
  ]);
}

function elementsOf(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => child instanceof XmlElement);
}
