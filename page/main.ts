/**
 * The upload page: `page_app` holds its state, `views/` draw it, the queue and the gallery do the work through the
 * project's own client. This file makes them, and passes on what the browser reports: the network, time, a page's end.
 */
import { TintypeClient } from "@tintype/client/client";
import { IndexedDbResumeStore } from "@tintype/client/indexed_db_store";
import { clearDatabase, openKeptFiles } from "@tintype/client/queue/kept_files";
import { ENDED } from "@tintype/client/queue/queue_item";
import { DEFAULT_RETRY } from "@tintype/client/retry";
import { ServerClock } from "@tintype/client/server_clock";
import { render } from "lit-html";
import { Connection } from "./connection.ts";
import { passOnInput } from "./input_events.ts";
import { installShell } from "./install_shell.ts";
import { PageApp } from "./page_app.ts";
import { type PageConfig, readPageConfig } from "./page_config.ts";
import { developmentSignIn } from "./session/development_sign_in.ts";
import { guestOfTab, guestSignIn } from "./session/guest.ts";
import { oidcSignIn } from "./session/oidc_sign_in.ts";
import type { SignInWay } from "./session/session.ts";
import { MORE, WatchedTiles } from "./watched_tiles.ts";
import { pageView } from "./views/page_view.ts";
import { unreachableView } from "./views/welcome_view.ts";
import { syncDialogs } from "./views/dialogs_view.ts";

/** Times left are drawn anew so often; twenty times as often where everything goes within the hour. */
const REDRAW_MS = 20_000;
/** Screens on which the queue's list hides nothing that is needed. */
const roomy = matchMedia("(min-width: 40rem) and (min-height: 40rem)");
/** A screen of this width shows two pages of a smaller one's gallery. */
const LARGE_SCREEN = "(min-width: 100rem)";

const root = document.getElementById("page") ?? document.body;
const clock = new ServerClock();
const connection = new Connection({
  probe: async () => await fetch("/healthz", { signal: AbortSignal.timeout(5_000) }),
  onChange: (isOnline) => app.setOnline(isOnline),
});
const tiles = new WatchedTiles({
  onCome: (id) => void (id === MORE ? app.studio?.gallery.more() : app.studio?.gallery.want(id)),
  onGo: (imageId) => app.studio?.gallery.unwant(imageId),
});
const app = new PageApp({
  kept: await openKeptFiles(),
  clientOf: (account, token) =>
    new TintypeClient({
      edge: location.origin,
      imageTypes: ["image/avif"],
      ...{ account, token, store: new IndexedDbResumeStore(sessionsOf(account)) },
      retry: { ...DEFAULT_RETRY, network: connection },
    }),
  forget: (account) => clearDatabase(sessionsOf(account)),
  onChange: drawSoon,
  now: () => clock.now(),
  mayFillGallery: () => tiles.areOutOfView && !document.activeElement?.closest(".queue"),
  heldRow: () => root.querySelector<HTMLElement>(".row:hover, .row:focus-within")?.dataset["id"],
  isQueueOpen: roomy.matches,
  galleryPage: matchMedia(LARGE_SCREEN).matches ? 48 : 24,
});
const rows = new WatchedTiles({
  onCome: (id) => app.studio?.thumbnails.want(id, app.studio.queue.fileOf(id)),
  onGo: (id) => app.studio?.thumbnails.unwant(id),
});
/** A draw that takes so long is followed by a pause of four times that: the rest is for sending. */
const SLOW_DRAW_MS = 8;
let isDrawing = false;
let lastDrawMs = 0;

root.replaceChildren();
passOnBrowserEvents();
passOnInput(app);
installShell();
try {
  const config = await readPageConfig(clock);
  setInterval(tick, config.periodMs < 3_600_000 ? REDRAW_MS / 20 : REDRAW_MS);
  const guest = guestOfTab();
  const way = guest === undefined ? signInWayOf(config) : guestSignIn(guest);
  await app.start(config, { way, guest });
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
  // A zoom makes the screen smaller.
  roomy.addEventListener("change", () => app.isQueueOpen !== roomy.matches && app.toggleQueue());
  for (const name of ["online", "offline"]) addEventListener(name, () => void connection.check());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) tiles.lookAway();
    tick();
  });
  addEventListener("beforeunload", (event) => {
    const items = app.studio?.queue.items ?? [];
    if (items.some(({ isKept, state }) => !isKept && !ENDED.has(state))) event.preventDefault();
  });
  // A row that was held by the pointer or the focus may go now.
  for (const name of ["pointerout", "focusout"] as const) {
    root.addEventListener(name, ({ target }) => {
      if (target instanceof Element && target.closest(".row") !== null) drawSoon();
    });
  }
}
