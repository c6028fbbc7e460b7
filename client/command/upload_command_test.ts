/** The parts of `deno task upload` without a process; `tests/client_command_test.ts` runs the whole. */
import assert from "node:assert/strict";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findPictures, type Picture } from "@tintype/cli/find_pictures";
import { path } from "@tintype/cli/flag_values";
import { pictureTypeOf } from "../picture_type.ts";
import { UploadError } from "../problem.ts";
import { type TestAnswers, testClient, untilStill } from "../testing/queue_fixture.ts";
import { developmentTokens } from "./development_tokens.ts";
import { UPLOAD, uploadCommandOf } from "./options.ts";
import { sendPictures, type SendPicturesOptions } from "./send_pictures.ts";
import { SentList } from "./sent_list.ts";
import { resultLine, unsentPicture } from "./sent_picture.ts";
import { watchFolder } from "./watch_folder.ts";

const HOME = { HOME: "/home/ann" };
const EDGE = ["--to", "https://edge.example"];

test("uploadCommandOf() takes files or a folder to watch, and the environment's word where the call has none", () => {
  const parsed = (args: string[], env: Record<string, string> = {}) =>
    uploadCommandOf(UPLOAD.parse(args), { ...HOME, ...env });
  const { words, token, atOnce, state } = parsed(["a.jpg"]);
  assert.deepEqual([words, token, atOnce], [[path("a.jpg")], undefined, 4]);
  assert.equal(state, "/home/ann/.local/state/tintype");
  assert.equal(parsed(["a"], { XDG_STATE_HOME: "/x" }).state, "/x/tintype");
  assert.equal(parsed(["a", "--state", "/s"]).state, "/s");
  assert.equal(parsed(["--watch", "/w"]).watch, "/w");
  const named = { TINTYPE_TOKEN: "@a" };
  assert.equal(parsed(["a", ...EDGE], named).token, `@${path("a")}`);
  assert.equal(parsed(["a", ...EDGE, "--token", "t"], named).token, "t");
  for (const wrong of [[], ["a", "--watch", "/w"], ["a", ...EDGE], ["a", "--at-once", "17"]]) {
    assert.throws(() => parsed(wrong), { name: "UsageError" }, wrong.join(" "));
  }
});

test("developmentTokens() asks the provider once, again for a refused token, and says what it lacks", async () => {
  const { fetch } = globalThis;
  const asked: unknown[] = [];
  const answers = [{ access_token: "1" }, { access_token: "2" }, {}];
  globalThis.fetch = (url, init) => {
    asked.push([url, init?.method, init?.body]);
    const answer = answers.shift();
    return answer === undefined
      ? Promise.reject(new TypeError())
      : Promise.resolve(Response.json(answer));
  };
  try {
    const source = developmentTokens({ issuer: "http://oidc", subject: "ann", tenant: "demo" });
    const tokens = [await source({}), await source({}), await source({ refused: "1" })];
    assert.deepEqual(tokens, ["1", "1", "2"]);
    assert.deepEqual(asked[0], ["http://oidc/token", "POST", '{"sub":"ann","tenant":"demo"}']);
    assert.equal(asked.length, 2);
    await assert.rejects(async () => await source({ refused: "2" }), /responded with 200/);
    await assert.rejects(async () => await source({}), /no OIDC provider responds/);
  } finally {
    globalThis.fetch = fetch;
  }
});

test("resultLine() says of each end what people want to know, and unsentPicture() why a file was not read", () => {
  const common = { file: "a.jpg", bytes: 5, renditions: 3, imageId: "x", readyMs: 7 };
  const refused = { reason: "too_large", detail: "too large", imageId: null, readyMs: null };
  const lines = [
    resultLine({ ...common, status: "ready" }),
    resultLine({ ...common, status: "rejected", reason: "corrupt" }),
    resultLine({ ...common, ...refused, status: "refused" }),
    resultLine(unsentPicture({ name: "b", reason: "no such file" })),
  ];
  assert.deepEqual(lines, [
    "a.jpg  ready  x  3 renditions  7 ms",
    "a.jpg  rejected: corrupt  x  7 ms",
    "a.jpg  refused: too_large  too large",
    "b  refused: unreadable  no such file",
  ]);
});

test("pictureTypeOf() looks at the first box of a file alone", () => {
  const ftyp = (size: number, brands: string) =>
    new TextEncoder().encode(`\0\0\0${String.fromCharCode(size)}ftyp${brands}`);
  const types = [[20, "isom\0\0\0\0heic"], [16, "isom\0\0\0\0heic"], [16, "avifxxxx"]] as const;
  const found = types.map(([size, brands]) => pictureTypeOf(ftyp(size, brands)));
  assert.deepEqual(found, ["image/heic", undefined, "image/avif"]);
});

/** A folder of three pictures, a client whose uploads the test ends, and the list of one command. */
async function inFolder(
  run: (at: {
    readonly folder: string;
    readonly pictures: readonly Picture[];
    readonly uploads: ReturnType<typeof testClient>["uploads"];
    readonly list: SentList;
    send(options?: Partial<SendPicturesOptions>): ReturnType<typeof sendPictures>;
  }) => Promise<void>,
  answers: TestAnswers = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-upload-"));
  try {
    for (const name of ["a.jpg", "b.jpg", "c.jpg"]) await writeFile(join(folder, name), name);
    const { client, uploads } = testClient(answers);
    const list = new SentList({ state: join(folder, ".state"), to: "", words: [], watch: folder });
    const pictures = await findPictures([folder]);
    const common = { clientFor: () => client, atOnce: 3, list };
    const signal = new AbortController().signal;
    await run({
      ...{ folder, pictures, uploads, list },
      send: (options) => sendPictures(pictures, { ...common, signal, ...options }),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const untilSent = async (uploads: readonly unknown[], count: number) => {
  for (const endMs = Date.now() + 20_000; uploads.length < count; await untilStill()) {
    assert.ok(Date.now() < endMs, `${uploads.length} of ${count} uploads were begun`);
  }
};
const refusal = (status: number, code: "too_large" | "network") =>
  new UploadError({ status, code, detail: `said ${code}` });

test("sendPictures() gives each picture's end, and sends again what was refused or lost alone", () =>
  inFolder(async ({ folder, pictures, uploads, list, send }) => {
    const waits: (string | undefined)[] = [];
    const sending = send({ onProgress: (_, waitsFor) => waits.push(waitsFor) });
    await untilSent(uploads, 3);
    uploads[1]?.tell({ state: "waiting", error: refusal(0, "network") });
    uploads[0]?.end("a");
    uploads[1]?.fail(refusal(413, "too_large"));
    uploads[2]?.fail(refusal(0, "network"));
    const found = await sending;
    const shown = found.map(({ file, status, imageId, reason }) => [file, status, imageId, reason]);
    assert.deepEqual(shown, [
      ["a.jpg", "ready", "a", undefined],
      ["b.jpg", "refused", null, "too_large"],
      ["c.jpg", "lost", null, "network"],
    ]);
    assert.ok(waits.includes("1 waiting: network") && (found[0]?.readyMs ?? -1) >= 0);
    assert.equal(found[1]?.detail, "said too_large");
    const again = send({ isReadyAwaited: false });
    await untilSent(uploads, 5);
    uploads[3]?.end("b");
    uploads[4]?.end("c");
    assert.deepEqual((await again).map(({ status }) => status), ["ready", "uploaded", "uploaded"]);
    await utimes(join(folder, "a.jpg"), 1, 1);
    const [first = assert.fail(), second = assert.fail()] = pictures;
    const known = [await list.get(first), (await list.get(second))?.imageId];
    assert.deepEqual(known, [undefined, "b"], "a file that was changed is another");
    await list.clear();
    assert.equal(await list.get(second), undefined);
  }));

test("sendPictures() that is interrupted pauses what is under way and knows what is stored; a mistake of the program is thrown", () =>
  inFolder(async ({ pictures: [first], uploads, list, send }) => {
    const interruption = new AbortController();
    const sending = send({ atOnce: 2, signal: interruption.signal });
    await untilSent(uploads, 2);
    uploads[0]?.end("a");
    await untilStill();
    interruption.abort();
    assert.deepEqual(await sending, []);
    assert.deepEqual(uploads[1]?.did, ["pause"]);
    const { status, imageId } = await list.get(first ?? assert.fail()) ?? {};
    assert.deepEqual([status, imageId], ["uploaded", "a"]);
    const begun = uploads.length;
    const failing = send({ list: { get: async () => undefined, add: async () => undefined } });
    await untilSent(uploads, begun + 3);
    uploads.at(-1)?.fail(new RangeError("a mistake"));
    await assert.rejects(failing, /a mistake/);
  }, { isProcessing: () => true }));

test("watchFolder() yields what is new once it no longer grows, until it is aborted", () =>
  inFolder(async ({ folder, pictures, list }) => {
    const [known = assert.fail()] = pictures;
    const outcome = { imageId: "a", bytes: 5, renditions: 0, readyMs: null };
    await list.add(known, { ...outcome, file: known.name, status: "ready" });
    await writeFile(join(folder, "empty.jpg"), "");
    const ending = new AbortController();
    const watching = watchFolder(folder, { list, signal: ending.signal, everyMs: 1 });
    const names = [(await watching.next()).value?.name, (await watching.next()).value?.name];
    assert.deepEqual(names, ["b.jpg", "c.jpg"]);
    await writeFile(join(folder, "d.jpg"), "new");
    assert.equal((await watching.next()).value?.name, "d.jpg");
    ending.abort();
    assert.equal((await watching.next()).done, true);
  }));
