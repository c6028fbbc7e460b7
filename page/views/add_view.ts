import { html, nothing, type TemplateResult } from "lit-html";
import type { PageApp } from "../page_app.ts";
import type { PictureType } from "../page_config.ts";
import { pickerAccept } from "../queue/picture_types.ts";
import { WORDS } from "../words.ts";
import { icon } from "./icons.ts";

const { add } = WORDS;

/** Of the day's pictures so few are left that the page says it. */
const FEW_LEFT = 200;

/** Where pictures are added: chosen, taken, dropped, pasted, or a folder of them. */
export function addView(app: PageApp): TemplateResult {
  return html`
    <section class="add" aria-labelledby="add-title">
      <h1 id="add-title" class="heading">${add.title}</h1>
      <p class="add-hint">${add.hint}</p>
      ${addWaysView(app)}
    </section>
  `;
}

/** The buttons by which pictures are added, and what is taken. */
export function addWaysView(app: PageApp): TemplateResult {
  const types = typesOf(app);
  const take = (event: Event, isFolder = false) => {
    const input = event.currentTarget;
    if (!(input instanceof HTMLInputElement)) return;
    const files = [...input.files ?? []];
    input.value = "";
    void app.add(files, { isFolder });
  };
  const left = app.guest === undefined ? app.limits?.images.left ?? Infinity : Infinity;
  return html`
    <div class="add-ways">
      <button type="button" class="button is-primary" @click=${() => pick("files")}>
        ${icon("picture")} ${add.files}
      </button>
      <button type="button" class="button for-touch" @click=${() => pick("camera")}>
        ${icon("camera")} ${add.camera}
      </button>
      <button type="button" class="button for-mouse" @click=${() => pick("folder")}>
        ${icon("folder")} ${add.folder}
      </button>
    </div>
    <p class="add-types">${add.types(types.map(({ label }) => label), app.limits?.maxBytes)}</p>
    ${left > FEW_LEFT ? nothing : html`<p class="add-types">${add.left(left)}</p>`}
    <input hidden id="files" type="file" multiple accept=${pickerAccept(types)} @change=${take}>
    <input hidden id="camera" type="file" accept="image/*" capture="environment" @change=${take}>
    <input hidden id="folder" type="file" webkitdirectory @change=${(event: Event) =>
      take(event, true)}>
  `;
}

/** The types that this person may send: all of the service's where that is not known. */
function typesOf({ config, limits }: PageApp): readonly PictureType[] {
  const types = config?.types ?? [];
  return types.filter(({ type }) => limits?.contentTypes.includes(type) ?? true);
}

/** Over the whole page while files are dragged: they can be dropped anywhere. */
export function dropView(app: PageApp): TemplateResult | typeof nothing {
  if (!app.isDragging) return nothing;
  return html`
    <div class="drop" aria-hidden="true">
      <p class="heading">${add.drop}</p>
    </div>
  `;
}

function pick(id: "files" | "camera" | "folder"): void {
  document.getElementById(id)?.click();
}
