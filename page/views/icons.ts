import { svg, type SVGTemplateResult, type TemplateResult } from "lit-html";
import { html } from "lit-html";

/** Drawings of 24 by 24 units, in lines of the text's colour. */
const DRAWINGS = {
  picture: svg`
    <rect x="3" y="4" width="18" height="16" rx="2" />
    <circle cx="9" cy="10" r="1.75" />
    <path d="m4 18 5-4.5 3 2.5 4-4 4.5 4.5" />
  `,
  camera: svg`
    <path
      d="M4 8h3.5l1.5-2.5h6L16.5 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1z" />
    <circle cx="12" cy="13.25" r="3.25" />
  `,
  folder: svg`
    <path d="M3 7a1 1 0 0 1 1-1h5l2 2.5h9a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z" />
  `,
  pause: svg`
    <path d="M9 6v12M15 6v12" />
  `,
  resume: svg`
    <path d="m8 5.5 10 6.5-10 6.5z" />
  `,
  close: svg`
    <path d="m6 6 12 12M18 6 6 18" />
  `,
  ready: svg`
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  `,
  fold: svg`
    <path d="m6 9.5 6 6 6-6" />
  `,
  unfold: svg`
    <path d="m6 14.5 6-6 6 6" />
  `,
  retry: svg`
    <path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15" />
  `,
  erase: svg`
    <path d="M4.5 7h15M9 7V4.5h6V7M6.5 7l.75 12.5h9.5L17.5 7M10 10.5v5.5M14 10.5v5.5" />
  `,
  alert: svg`
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5v5.5M12 16.25v.1" />
  `,
  offline: svg`
    <path
      d="M4 4l16 16M8.5 15.5a5 5 0 0 1 7 0M5.5 12a9.5 9.5 0 0 1 4-2.3M18.5 12a9.5 9.5 0 0 0-4.7-2.5M12 19v.1" />
  `,
} as const satisfies Record<string, SVGTemplateResult>;

/** A drawing that says nothing to a screen reader: its neighbour or its button does. */
export function icon(name: keyof typeof DRAWINGS): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${
    DRAWINGS[name]
  }</svg>`;
}
