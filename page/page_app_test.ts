import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { Client, Image, TokenSource } from "@tintype/client/client";
import { UploadError } from "@tintype/client/problem";
import type { KeptFiles } from "@tintype/client/queue/kept_files";
import { memoryFiles, photos, testClient, untilStill } from "@tintype/client/testing/queue_fixture";
import { PageApp } from "./page_app.ts";
import { type Guest, guestSignIn } from "./session/guest.ts";
import { type Session, SignedOut, type SignInWay } from "./session/session.ts";
import { WORDS } from "./words.ts";

const START_MS = Date.parse("2026-03-01T00:00:00Z");
const PERIOD_MS = 3 * 86_400_000;
const CONFIG = {
  signIn: null,
  periodMs: PERIOD_MS,
  types: [{ type: "image/jpeg", label: "JPEG", extensions: ["jpg"] }],
};
const SESSION: Session = { name: "Ann", account: "ann", token: async () => "token" };

/** How a test's page differs from one where all goes well. */
interface Changes {
  readonly restored?: Session;
  readonly begin?: SignInWay["begin"];
  readonly erase?: (imageId: string) => Promise<void>;
  readonly images?: Readonly<Record<string, Partial<Image>>>;
  readonly kept?: KeptFiles;
  readonly guest?: Guest;
  readonly list?: () => Promise<unknown>;
}

/** A page whose client and browser the test holds. */
async function openPage({ restored, begin, erase, images, kept, guest, list }: Changes = {}) {
  const { client, uploads } = testClient({ images });
  const seen = { forgotten: [] as string[], ended: 0, erased: [] as string[] };
  let token: TokenSource | undefined;
  const calls = {
    list: list ?? (async () => ({ images: [] })),
    erase: erase ?? (async (imageId: string) => void seen.erased.push(imageId)),
  };
  const held = memoryFiles();
  const app = new PageApp({
    kept: kept ?? held,
    clientOf(_account, source) {
      token = source;
      return { ...client, images: { ...client.images, ...calls } } as unknown as Client; // the calls that the page makes
    },
    forget: async (account) => void seen.forgotten.push(account),
    onChange: () => undefined,
    now: () => Date.now(),
    mayFillGallery: () => false,
    heldRow: () => undefined,
    isQueueOpen: true,
    galleryPage: 24,
  });
  const way = {
    begin: begin ?? (async () => SESSION),
    restore: async () => restored,
    end: async () => void seen.ended++,
  };
  await app.start(CONFIG, { way: guest === undefined ? way : guestSignIn(guest), guest });
  return { app, held, uploads, seen, askToken: (refused?: string) => token?.({ refused }) };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: START_MS }));
afterEach(() => mock.timers.reset());

test("whoever was signed in before a reload is back at once, with what their queue kept", async () => {
  const before = await openPage({ restored: SESSION });
  await before.app.add(photos(2));
  before.app.studio?.queue.stop();
  await untilStill();
  const { app, uploads } = await openPage({ restored: SESSION, kept: before.held });
  assert.deepEqual([app.isStarting, app.studio?.session.name], [false, "Ann"]);
  assert.deepEqual(app.studio?.queue.items.map(({ name }) => name), ["1.jpg", "2.jpg"]);
  assert.equal(uploads.length, 2);
  assert.equal((await openPage({ kept: before.held })).app.studio, undefined, "a stranger");
});

test("pictures that wait in this browser end with the retention period, after a reload and while the page is open", async () => {
  const before = await openPage({ restored: SESSION });
  await before.app.add(photos(2));
  before.app.studio?.queue.stop();
  await untilStill();
  mock.timers.setTime(START_MS + CONFIG.periodMs);
  const { app } = await openPage({ restored: SESSION, kept: before.held });
  assert.equal(app.studio?.queue.items.length, 2, "the last millisecond");
  mock.timers.setTime(START_MS + CONFIG.periodMs + 1);
  app.lookAgain();
  await untilStill();
  assert.deepEqual([app.studio?.queue.items, before.held.held.size], [[], 0]);
  before.held.held.set("0", {
    ...{ id: "0", account: "somebody else", name: "1.jpg", size: 5, type: "image/jpeg" },
    ...{ addedAtMs: START_MS, isPaused: false },
  });
  await openPage({ kept: before.held });
  assert.equal(before.held.held.size, 0, "whoever has left it there");
});

test("signing in opens the studio; a failure says so, and can be tried again", async () => {
  let tries = 0;
  const { app } = await openPage({
    begin: async () => {
      if (++tries === 1) throw new Error("the issuer is away");
      return SESSION;
    },
  });
  await app.signIn();
  assert.deepEqual([app.trouble, app.studio], [WORDS.welcome.failed, undefined]);
  await app.signIn();
  assert.deepEqual([app.trouble, app.isSigningIn, app.studio?.session], ["", false, SESSION]);
});

test("signing out asks first while something is on its way, and then leaves nothing in this browser", async () => {
  const { app, held, uploads, seen } = await openPage({ restored: SESSION });
  await app.add(photos(1));
  await untilStill();
  await app.signOut();
  assert.deepEqual([app.dialog.kind, app.studio !== undefined], ["sign-out", true]);
  await app.signOut(true);
  assert.deepEqual([app.dialog.kind, app.studio], ["none", undefined]);
  assert.deepEqual([uploads[0]?.did, held.held.size], [["cancel"], 0]);
  assert.deepEqual([seen.forgotten, seen.ended], [["ann"], 1]);
});

test("a session that is over pauses what is sent and keeps it for the next one", async () => {
  const ended = { ...SESSION, token: () => Promise.reject(new SignedOut("Cannot renew token")) };
  const { app, held, uploads, askToken } = await openPage({ restored: ended });
  await app.add(photos(1));
  await untilStill();
  await assert.rejects(async () => await askToken(), SignedOut);
  assert.deepEqual([app.studio, app.trouble], [undefined, WORDS.welcome.again]);
  assert.deepEqual([uploads[0]?.did, held.held.size], [["pause"], 1]);
});

test("an issuer that is away ends no session", async () => {
  const away = { ...SESSION, token: () => Promise.reject(new TypeError("Failed to fetch")) };
  const { app, askToken } = await openPage({ restored: away });
  await assert.rejects(async () => await askToken(), UploadError);
  assert.equal(app.studio?.session, away);
});

test("of a folder only pictures are added, and what systems leave there is passed over", async () => {
  const { app } = await openPage({ restored: SESSION });
  const notes = new File(["x"], "notes.txt", { type: "text/plain" });
  const hidden = new File(["x"], ".DS_Store");
  await app.add([...photos(2), notes, hidden], { isFolder: true });
  assert.equal(app.notice, `${WORDS.add.added(2)}. ${WORDS.add.skipped(1)}`);
  assert.equal(app.studio?.queue.items.length, 2);
  await app.add([notes], { isFolder: true });
  assert.equal(app.notice, `${WORDS.add.nothing} ${WORDS.add.skipped(1)}`);
  await app.add([notes]);
  const [refused] = app.studio?.queue.items.slice(2) ?? [];
  assert.equal(refused?.problem?.code, "unsupported_type", "chosen by hand, its row says why");
  await app.add([hidden]);
  assert.equal(app.studio?.queue.items.length, 3);
});

/** A page whose gallery shows pictures of these ids. */
const openGallery = async (ids: readonly string[], changes: Changes = {}) =>
  await openPage({
    restored: SESSION,
    list: async () => ({
      images: ids.map((imageId) => ({
        ...{ imageId, status: "ready", image: "", renditions: [] },
        purgeAt: new Date(START_MS + PERIOD_MS).toISOString(),
      })),
    }),
    ...changes,
  });

test("an erasure asks, erases and goes on to the next picture; one that fails stays at its own", async () => {
  const { app, seen } = await openGallery(["a", "b", "c"]);
  const pictures = app.studio?.pictures;
  app.open({ kind: "image", imageId: "b" });
  await pictures?.erase();
  assert.deepEqual(seen.erased, [], "not before the question was answered");
  app.open({ kind: "erase", imageIds: ["b"], from: "b" });
  const erasing = pictures?.erase();
  assert.equal(pictures?.isErasing, true);
  await erasing;
  assert.deepEqual([seen.erased, app.notice], [["b"], WORDS.erase.done(1)]);
  assert.deepEqual(app.dialog, { kind: "image", imageId: "a" }, "the newest is first");
  app.open({ kind: "erase", imageIds: ["c", "a"] });
  await pictures?.erase();
  assert.deepEqual([app.dialog.kind, app.studio?.gallery.entries], ["none", []]);
  const failing = await openGallery(["a"], { erase: () => Promise.reject(new Error()) });
  failing.app.open({ kind: "erase", imageIds: ["a"], from: "a" });
  await failing.app.studio?.pictures.erase();
  assert.deepEqual(failing.app.dialog, { kind: "image", imageId: "a" });
  assert.equal(failing.app.notice, WORDS.erase.failed(1));
});

test("an open picture steps to its neighbours and stops at the ends; while pictures are selected none opens", async () => {
  const { app } = await openGallery(["a", "b", "c"]);
  const pictures = app.studio?.pictures;
  assert.ok(pictures !== undefined);
  pictures.press("c");
  const seen = [1, 1, 1, -1].map((by) => {
    pictures.step(by);
    return app.dialog.kind === "image" ? app.dialog.imageId : "";
  });
  assert.deepEqual(seen, ["b", "a", "a", "b"]);
  app.close();
  pictures.toggleSelecting();
  pictures.press("c");
  pictures.press("a", { extend: true });
  assert.deepEqual([app.dialog.kind, pictures.selected], ["none", ["c", "b", "a"]]);
  pictures.toggleSelecting();
  assert.deepEqual(pictures.selected, []);
});

test("a guest sends at once, sees no gallery, and is shown out when the grant is refused", async () => {
  const guest = { token: "t", grantId: "g", count: 2, endsAtMs: START_MS };
  const list = () => Promise.reject(new Error("a guest lists nothing"));
  const { app, uploads, askToken } = await openPage({ guest, list });
  await app.add(photos(1));
  await untilStill();
  assert.deepEqual([uploads.length, app.canInvite, app.trouble], [1, false, ""]);
  assert.equal(app.studio?.session.account, "grant g");
  assert.equal(await askToken(), "t");
  await assert.rejects(async () => await askToken("t"), SignedOut);
  assert.deepEqual([app.studio, app.trouble], [undefined, WORDS.guest.over]);
});

test("what failed for the network is sent again when it is back", async () => {
  const { app, uploads } = await openPage({ restored: SESSION });
  await app.add(photos(1));
  await untilStill();
  app.setOnline(false);
  assert.equal(app.isOnline, false);
  uploads[0]?.fail(new UploadError({ status: 0, code: "network", detail: "" }));
  await untilStill();
  app.setOnline(true);
  await untilStill();
  assert.deepEqual([app.notice, uploads.length], [WORDS.online, 2]);
});

test("a picture that is ready is read aloud, and leaves the queue at the end of its retention period", async () => {
  const purgeAt = new Date(START_MS + PERIOD_MS).toISOString();
  const { app, uploads } = await openPage({ restored: SESSION, images: { a: { purgeAt } } });
  await app.add(photos(1));
  await untilStill();
  uploads[0]?.end("a");
  await untilStill();
  assert.equal(app.spoken, WORDS.queue.ready("1.jpg"));
  app.lookAgain();
  assert.equal(app.studio?.queue.items.length, 1);
  mock.timers.tick(PERIOD_MS);
  app.lookAgain();
  assert.deepEqual([app.studio?.queue.items, app.studio?.gallery.entries], [[], []]);
});

test("a notice stays for six seconds, a newer one for six of its own", async () => {
  const { app } = await openPage();
  app.say("one");
  mock.timers.tick(5_000);
  app.say("two");
  mock.timers.tick(5_999);
  assert.equal(app.notice, "two");
  mock.timers.tick(1);
  assert.equal(app.notice, "");
});
