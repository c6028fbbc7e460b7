import { html, svg, type TemplateResult } from "lit-html";

/** Drawings of 24 by 24 units, in lines of the text's colour, as the data of a path. */
const DRAWINGS = {
  picture:
    "M5 4h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM7.25 10a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0M4 18l5-4.5 3 2.5 4-4 4.5 4.5",
  camera:
    "M4 8h3.5l1.5-2.5h6L16.5 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zM8.75 13.25a3.25 3.25 0 1 0 6.5 0a3.25 3.25 0 1 0-6.5 0",
  folder: "M3 7a1 1 0 0 1 1-1h5l2 2.5h9a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z",
  pause: "M9 6v12M15 6v12",
  resume: "m8 5.5 10 6.5-10 6.5z",
  close: "m6 6 12 12M18 6 6 18",
  ready: "m5 12.5 4.5 4.5L19 7.5",
  fold: "m6 9.5 6 6 6-6",
  unfold: "m6 14.5 6-6 6 6",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15",
  download: "M12 4.5v10.5M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14",
  next: "m9.5 6 6 6-6 6",
  previous: "m14.5 6-6 6 6 6",
  guest:
    "M8.5 14.5 15 8M10 6.5l1.2-1.2a4.2 4.2 0 0 1 6 6L15.5 13M14 17.5l-1.2 1.2a4.2 4.2 0 0 1-6-6L8.5 11",
  erase: "M4.5 7h15M9 7V4.5h6V7M6.5 7l.75 12.5h9.5L17.5 7M10 10.5v5.5M14 10.5v5.5",
  alert: "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M12 7.5v5.5M12 16.25v.1",
  offline:
    "M4 4l16 16M8.5 15.5a5 5 0 0 1 7 0M5.5 12a9.5 9.5 0 0 1 4-2.3M18.5 12a9.5 9.5 0 0 0-4.7-2.5M12 19v.1",
} as const;

/** A drawing that says nothing to a screen reader: its neighbour or its button does. */
export function icon(name: keyof typeof DRAWINGS): TemplateResult {
  const path = svg`<path d=${DRAWINGS[name]} />`;
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${path}</svg>`;
}
