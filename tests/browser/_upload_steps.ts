import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { eventually } from "@tintype/core/testing/eventually";
import { BUCKETS, namesWith, readObject, URLS } from "../_cloud.ts";
import { sha256 } from "../_pictures.ts";
import { READY_MS, type Steps } from "./_page_fixture.ts";
import { webVitalsOf } from "./_web_vitals.ts";

const TENANT = "demo";
const MAX_SCRIPT_BYTES = 55_000;
/** All layout shifts of one upload together: half of what is "good", as one row above the gallery would move it by 0.07. */
const MAX_SHIFT = 0.05;

/** How photographs go in: over a reload, a lost network and a pause; and what is refused. */
export const UPLOAD_STEPS: Steps = {
  async "the page loads from its own host, small and quick, and anybody may sign in"(upload) {
    const { page } = upload;
    const scripts: number[] = [];
    page.on("response", async (response) => {
      if (!/\/page\/.*\.js$/.test(response.url())) return;
      scripts.push(gzipSync(await response.body()).length);
    });
    const response = await page.goto(URLS.edge);
    const policy = response?.headers()["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    const title = await page.getByRole("heading", { level: 1 }).innerText();
    assert.equal(title, "Pictures that stay for 1 hour.");
    await eventually("the script's size", () => scripts.length > 0, READY_MS);
    const bytes = scripts.reduce((sum, each) => sum + each, 0);
    assert.ok(bytes <= MAX_SCRIPT_BYTES, `${bytes} bytes of compressed script`);
    await upload.look("welcome");
  },

  async "ten photographs go in, and a reload in the middle loses nothing and sends nothing twice"(
    upload,
  ) {
    const { page } = upload;
    const ten = upload.photographs.slice(0, 10);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Nothing here yet.").waitFor();
    await page.getByText("JPEG, PNG, WebP, AVIF, GIF, TIFF, HEIC or HEIF, up to 52.4 MB each")
      .waitFor();
    await upload.look("empty");
    const before = await storedDigests();
    await upload.add(ten.slice(0, 3));
    await upload.ready(3);
    await upload.addSlowly(ten.slice(3), async () => {
      await eventually("some of a photograph to be held", () => isPartHeld(page), READY_MS);
      await requireOrder(page, 7);
      await upload.look("queue");
      await page.reload();
      await page.getByRole("button", { name: "Pause all" }).click();
      await page.getByRole("heading", { name: "Paused" }).waitFor();
      await requireUncovered(page);
    });
    await page.getByRole("button", { name: "Resume all" }).click();
    await upload.showAll();
    await upload.ready(10);
    const sent = (await storedDigests()).filter((digest) => !before.includes(digest));
    assert.deepEqual(sent, ten.map(({ buffer }) => sha256(buffer)).sort());
  },

  async "a lost network is waited out, and all along nothing of the page moves"(upload) {
    const { page, watch, row } = upload;
    const file = upload.photograph(10);
    const complaintsBefore = watch.complaints.length;
    const { shifts } = await webVitalsOf(page);
    await upload.addSlowly([file], async () => {
      await upload.setOnline(false);
      await page.getByText("The service cannot be reached.").waitFor();
      await page.getByRole("heading", { name: "Waiting for the network" }).waitFor();
      await row(file.name).getByText("Waiting for the network").waitFor();
    });
    await upload.setOnline(true);
    await row(file.name).getByText("Ready").waitFor();
    assert.equal(await page.locator(".tile").count(), 10, "what is in view stays where it is");
    const moved = (await webVitalsOf(page)).shifts - shifts;
    assert.ok(moved < MAX_SHIFT, `the upload moved the page by ${moved}`);
    await upload.look("ready");
    await upload.showAll();
    await upload.ready(11);
    // The browser itself reports each request that found no network.
    const own = watch.complaints.splice(complaintsBefore);
    assert.deepEqual(own.filter((text) => !text.includes("ERR_INTERNET_DISCONNECTED")), []);
  },

  async "a paused photograph stays paused over a reload, and goes on when it is resumed"(upload) {
    const { page, row } = upload;
    const file = upload.photograph(11);
    await upload.addSlowly([file], async () => {
      await page.getByRole("button", { name: `Pause ${file.name}` }).click();
      await row(file.name).getByText(/^Paused/).waitFor();
      await page.reload();
      await row(file.name).getByText(/^Paused/).waitFor();
    });
    await page.getByRole("button", { name: `Resume ${file.name}` }).click();
    await upload.showAll();
    await upload.ready(12);
  },

  async "what is refused says why and what to do, and is put away by keyboard"(upload) {
    const { page, row } = upload;
    const cut = upload.photograph(0).buffer.subarray(0, 40_000);
    await upload.add([
      { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") },
      { name: "renamed.jpg", mimeType: "image/jpeg", buffer: Buffer.from("x".repeat(3_000)) },
      { name: "cut.jpg", mimeType: "image/jpeg", buffer: cut },
    ]);
    await give(page, "drop", { name: "huge.png", type: "image/png", size: 52_428_801 });
    await give(page, "paste", { name: "pasted.webm", type: "video/webm", size: 10 });
    const refusals = {
      "pasted.webm": "This kind of file is not taken.",
      "notes.txt": "This kind of file is not taken.",
      "huge.png": "The file is larger than 52.4 MB.",
      "renamed.jpg": "The file is not the picture that its name promises.",
      "cut.jpg": "The file is truncated.",
    };
    for (const [name, why] of Object.entries(refusals)) await row(name).getByText(why).waitFor();
    await upload.look("refused");
    await page.getByRole("button", { name: "Dismiss notes.txt" }).focus();
    await page.keyboard.press("Enter");
    await row("notes.txt").waitFor({ state: "detached" });
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /Dismiss/);
    await page.getByRole("button", { name: "Dismiss all" }).click();
    await page.getByRole("heading", { name: "Not taken" }).waitFor({ state: "detached" });
    const rejected = page.locator(".rejected");
    // The others never became images.
    await rejected.getByText("2 not taken").click();
    await rejected.getByText("The file is truncated.").waitFor();
    await upload.requireAccessible("rejected");
    assert.equal(await page.locator(".tile").count(), 12, "none of it is a tile");
  },
};

/** What is sent stands on top and is in view, and what waits is summarised below it. */
async function requireOrder(page: Page, count: number): Promise<void> {
  const groups = await page.locator(".groups > *").evaluateAll((all) =>
    all.map((each) => each.textContent?.replace(/\s+/g, " ").trim() ?? "")
  );
  const first = page.locator(".groups .row").first();
  assert.match(await first.getAttribute("class") ?? "", /is-(sending|processing)/);
  assert.match(groups.at(-1) ?? "", /^(Waiting|Finished) /, groups.join("\n"));
  const list = await page.locator(".groups").boundingBox();
  const top = await first.boundingBox();
  assert.ok(list && top && top.y >= list.y - 1 && top.y + top.height <= list.y + list.height + 1);
  assert.ok(await page.locator(".groups .row").count() < count, "those that wait are folded");
}

/** At a zoom of 200 % the queue leaves the buttons free, and so does it at 400 %, where nothing is cut off either. */
async function requireUncovered(page: Page): Promise<void> {
  for (const [width, height] of [[720, 450], [320, 256]] as const) {
    await page.setViewportSize({ width, height });
    await page.getByRole("button", { name: "Choose pictures" }).click({ trial: true });
    const overflowPx = await page.evaluate(() =>
      document.documentElement.scrollWidth - document.documentElement.clientWidth
    );
    assert.ok(overflowPx <= 0, `${overflowPx} px too wide at ${width} px`);
  }
  await page.setViewportSize({ width: 1_280, height: 800 });
}

/** Whether storage holds a part of any photograph. */
async function isPartHeld(page: Page): Promise<boolean> {
  return await page.locator("progress.progress").evaluateAll((all) =>
    all.some((each) => each instanceof HTMLProgressElement && each.value > 0 && each.position < 1)
  );
}

/** SHA-256 of everything that the raw bucket holds of the page's tenant, in order. */
async function storedDigests(): Promise<string[]> {
  const names = await namesWith(BUCKETS.raw, `/${TENANT}/`);
  const bytes = await Promise.all(names.map((name) => readObject(BUCKETS.raw, name)));
  return bytes.map((each) => sha256(each.bytes)).sort();
}

/** Drops a file of zeros onto the page, or pastes one. */
async function give(
  page: Page,
  how: "drop" | "paste",
  file: { readonly name: string; readonly type: string; readonly size: number },
): Promise<void> {
  await page.evaluate(({ how, name, type, size }) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(size)], name, { type }));
    dispatchEvent(
      how === "drop"
        ? new DragEvent("drop", { dataTransfer: transfer, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: transfer }),
    );
  }, { how, ...file });
}
