import { html, type TemplateResult } from "lit-html";
import type { PageApp } from "../page_app.ts";
import { pickerAccept } from "../queue/picture_types.ts";
import { WORDS } from "../words.ts";
import { icon } from "./icons.ts";

const { add } = WORDS;

/** Where pictures are added: chosen, taken, dropped, pasted, or a folder of them. */
export function addView(app: PageApp): TemplateResult {
  const types = app.config?.types ?? [];
  const take = (event: Event, isFolder = false) => {
    const input = event.currentTarget;
    if (!(input instanceof HTMLInputElement)) return;
    const files = [...input.files ?? []];
    input.value = "";
    void app.add(files, { isFolder });
  };
  return html`
    <section class="add ${app.isDragging ? "is-over" : ""}" aria-labelledby="add-title">
      <h1 id="add-title" class="heading">${app.isDragging ? add.drop : add.title}</h1>
      <p class="add-hint">${add.hint}</p>
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
      <p class="add-types">${add.types(types.map(({ label }) => label))}</p>
      <input hidden id="files" type="file" multiple accept=${pickerAccept(types)} @change=${take}>
      <input hidden id="camera" type="file" accept="image/*" capture="environment" @change=${take}>
      <input hidden id="folder" type="file" webkitdirectory @change=${(event: Event) =>
        take(event, true)}>
    </section>
  `;
}

function pick(id: "files" | "camera" | "folder"): void {
  document.getElementById(id)?.click();
}
