/** Passes on what people do anywhere on the page: drops, pastes, and keys over an open picture. */
import type { PageApp } from "./page_app.ts";
import { droppedFiles } from "./queue/dropped_files.ts";

/** How far a finger moves sideways to go to another picture. */
const SWIPE_PX = 48;

/** Listens for as long as the page lives. */
export function passOnInput(app: PageApp): void {
  addEventListener("paste", ({ clipboardData }) => {
    if (clipboardData !== null && clipboardData.files.length > 0) {
      void app.add([...clipboardData.files]);
    }
  });
  addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const isOurs = app.dialog.kind === "image" && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (by === undefined || !isOurs) return;
    event.preventDefault();
    app.studio?.pictures.step(isRightToLeft() ? -by : by);
  });
  passOnSwipes(app);
  passOnDrops(app);
}

/** A swipe over the open picture shows the next one, or the one before. */
function passOnSwipes(app: PageApp): void {
  let start: PointerEvent | undefined;
  addEventListener("pointerdown", (event) => {
    const isPicture = event.target instanceof Element &&
      event.target.closest(".viewer-picture") !== null;
    start = isPicture && event.pointerType === "touch" && event.isPrimary ? event : undefined;
  });
  addEventListener("pointerup", ({ clientX, clientY }) => {
    const [x, y] = [clientX - (start?.clientX ?? 0), clientY - (start?.clientY ?? 0)];
    if (start !== undefined && Math.abs(x) > Math.max(SWIPE_PX, 2 * Math.abs(y))) {
      const by = x < 0 ? 1 : -1;
      app.studio?.pictures.step(isRightToLeft() ? -by : by);
    }
    start = undefined;
  });
}

function passOnDrops(app: PageApp): void {
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
  const drag = (isDragging: boolean) => {
    if (app.isDragging === isDragging) return;
    app.isDragging = isDragging;
    app.changed();
  };
  addEventListener("dragover", (event) => {
    if (!hasFiles(event) || app.studio === undefined) return;
    event.preventDefault();
    drag(true);
  });
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && drag(false));
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    drag(false);
    const { dataTransfer } = event;
    if (dataTransfer === null) return;
    const isFolder = [...dataTransfer.items].some((item) => item.webkitGetAsEntry()?.isDirectory);
    void droppedFiles(dataTransfer).then((files) => app.add(files, { isFolder }));
  });
}

function isRightToLeft(): boolean {
  return getComputedStyle(document.documentElement).direction === "rtl";
}
