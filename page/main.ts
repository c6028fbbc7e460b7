/**
 * The upload page: `page_app` holds what is so, `views/` draw it, the queue and the gallery do the work through the
 * project's own client. This file makes them, and passes on what the browser tells: drops, pastes, the network, time.
 */
import { TintypeClient } from "@tintype/client/client";
import { IndexedDbResumeStore } from "@tintype/client/indexed_db_store";
import { clearDatabase, openKeptFiles } from "@tintype/client/queue/kept_files";
import { ENDED } from "@tintype/client/queue/queue_item";
import { render } from "lit-html";
import { PageApp } from "./page_app.ts";
import { type PageConfig, readPageConfig } from "./page_config.ts";
import { droppedFiles } from "./queue/dropped_files.ts";
import { developmentSignIn } from "./session/development_sign_in.ts";
import { oidcSignIn } from "./session/oidc_sign_in.ts";
import type { SignInWay } from "./session/session.ts";
import { WatchedTiles } from "./watched_tiles.ts";
import { pageView } from "./views/page_view.ts";
import { unreachableView } from "./views/welcome_view.ts";
import { syncDialogs } from "./views/dialogs_view.ts";

/** Times left are drawn anew so often; twenty times as often where everything goes within the hour. */
const REDRAW_MS = 20_000;

const root = document.getElementById("page") ?? document.body;
const tiles = new WatchedTiles({
  onCome: (imageId) => app.studio?.gallery.want(imageId),
  onGo: (imageId) => app.studio?.gallery.unwant(imageId),
});
const app = new PageApp({
  kept: await openKeptFiles(),
  clientOf: (account, token) =>
    new TintypeClient({
      edge: location.origin,
      ...{ account, token, store: new IndexedDbResumeStore(sessionsOf(account)) },
    }),
  forget: (account) => clearDatabase(sessionsOf(account)),
  onChange: drawSoon,
  mayFillGallery: () => tiles.areOutOfView && !document.activeElement?.closest(".queue"),
  isQueueOpen: matchMedia("(min-width: 40rem)").matches,
});
const rows = new WatchedTiles({
  onCome: (id) => app.studio?.thumbnails.want(id, app.studio.queue.fileOf(id)),
  onGo: () => undefined,
});
/** A draw that takes so long is followed by a pause of four times that: the rest is for sending. */
const SLOW_DRAW_MS = 8;
let isDrawing = false;
let lastDrawMs = 0;

root.replaceChildren();
passOnBrowserEvents();
try {
  const config = await readPageConfig();
  setInterval(tick, config.periodMs < 3_600_000 ? REDRAW_MS / 20 : REDRAW_MS);
  await app.start(config, signInWayOf(config));
} catch {
  render(unreachableView(), root);
}

/** The database of one person's unfinished sessions, whose addresses are credentials. */
function sessionsOf(account: string): string {
  return `tintype-uploads ${account}`;
}

function signInWayOf({ signIn }: PageConfig): SignInWay | undefined {
  if (signIn === null) return undefined;
  return signIn.type === "development" ? developmentSignIn(signIn) : oidcSignIn(signIn);
}

/** Draws once for all changes of a moment: the next one when a quick page has drawn, later on a slow one. */
function drawSoon(): void {
  if (isDrawing) return;
  isDrawing = true;
  const draw = () => {
    isDrawing = false;
    const startMs = performance.now();
    render(pageView(app, { onTile: tiles.watch, onRow: rows.watch }), root);
    syncDialogs(root);
    lastDrawMs = performance.now() - startMs;
  };
  if (lastDrawMs < SLOW_DRAW_MS) queueMicrotask(draw);
  else setTimeout(draw, 4 * lastDrawMs);
}

/** Nobody looks at a hidden page, so it asks for nothing. */
function tick(): void {
  if (document.hidden) return;
  tiles.lookAgain();
  app.lookAgain();
  drawSoon();
}

function passOnBrowserEvents(): void {
  addEventListener("online", () => app.setOnline(true));
  addEventListener("offline", () => app.setOnline(false));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) tiles.lookAway();
    tick();
  });
  addEventListener("beforeunload", (event) => {
    const items = app.studio?.queue.items ?? [];
    if (items.some(({ isKept, state }) => !isKept && !ENDED.has(state))) event.preventDefault();
  });
  addEventListener("paste", ({ clipboardData }) => {
    if (clipboardData !== null && clipboardData.files.length > 0) {
      void app.add([...clipboardData.files]);
    }
  });
  passOnDrops();
}

function passOnDrops(): void {
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
