import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { eventually } from "@tintype/core/testing/eventually";
import { BUCKETS, namesWith, readObject, tokenFor, URLS } from "../_cloud.ts";
import { sha256 } from "../_pictures.ts";
import { requireAccessible } from "./_accessibility.ts";
import { photograph } from "./_browser.ts";
import { READY_MS, type Steps } from "./_page_fixture.ts";

/** As in production: OpenID Connect's code flow with PKCE, against the local issuer. */
const OIDC = {
  type: "oidc",
  issuer: URLS.oidc,
  clientId: "tintype-page",
  scope: "openid images:read images:write images:delete",
};

/** On a phone; what signing out leaves behind, and how people sign in in production. */
export const ACCOUNT_STEPS: Steps = {
  async "a phone is offered its camera instead of folders"({ browser, output }) {
    const phone = await browser.newContext({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    try {
      const screen = await phone.newPage();
      await screen.goto(URLS.edge);
      await screen.getByRole("button", { name: "Sign in" }).tap();
      await screen.getByRole("button", { name: "Take a photo" }).waitFor();
      assert.equal(await screen.getByRole("button", { name: "Choose a folder" }).count(), 0);
      assert.equal(await screen.locator("#camera").getAttribute("capture"), "environment");
      await screen.screenshot({ path: join(output, "touch_phone_light.png") });
    } finally {
      await phone.close();
    }
  },

  async "a guest sends by a link what its owner then sees, and nothing beyond its count"(upload) {
    const { page, browser } = upload;
    await page.getByRole("button", { name: "Invite a guest" }).click();
    await page.getByLabel("Pictures at most").fill("1");
    await page.getByRole("button", { name: "Make the link" }).click();
    await page.getByRole("img", { name: "The link as a QR code" }).waitFor();
    await upload.look("guest_link");
    const link = await page.getByLabel("Link for a guest").inputValue();
    await page.getByRole("button", { name: "Close" }).click();
    const context = await browser.newContext({ serviceWorkers: "block" });
    context.setDefaultTimeout(READY_MS);
    try {
      const guest = await context.newPage();
      await guest.goto(link);
      await guest.getByRole("heading", { name: "Send one picture" }).waitFor();
      assert.equal(guest.url(), `${URLS.edge}/`, "the grant does not stay in the address");
      const [first, second] = [upload.photograph(3), upload.photograph(4)];
      await guest.locator("#files").setInputFiles([first]);
      await guest.getByText("Thank you. All have arrived").waitFor();
      await requireAccessible(guest, "guest");
      await photograph(guest, upload.output, "guest");
      await guest.locator("#files").setInputFiles([second]);
      await guest.getByText("This link takes no more pictures.").waitFor();
      await page.reload();
      const newest = await page.locator(".tile").first().getAttribute("data-id") ?? "";
      const names = await namesWith(BUCKETS.raw, newest);
      const stored = await Promise.all(names.map((name) => readObject(BUCKETS.raw, name)));
      assert.deepEqual(stored.map(({ bytes }) => sha256(bytes)), [sha256(first.buffer)]);
      await guest.goto("about:blank");
      await guest.goto(await exampleLink());
      await guest.getByRole("heading", { name: "Send up to 3 pictures" }).waitFor();
    } finally {
      await context.close();
    }
  },

  async "the page opens without a network, says so, and goes on by itself"({ browser, output }) {
    const context = await browser.newContext();
    context.setDefaultTimeout(READY_MS);
    try {
      const page = await context.newPage();
      await page.goto(URLS.edge);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.locator(".tile-image.is-shown").first().waitFor();
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await context.setOffline(true);
      await page.reload();
      await page.getByText("Your pictures come when the service is back.").waitFor();
      await page.getByText("The service cannot be reached.").waitFor();
      await page.screenshot({ path: join(output, "offline_desktop_light.png") });
      await context.setOffline(false);
      await page.locator(".tile-image.is-shown").first().waitFor();
      await page.getByText("The connection is back.").waitFor();
    } finally {
      await context.close();
    }
  },

  async "signing out leaves nothing in the browser, not even of what was on its way"(upload) {
    const { page } = upload;
    const file = upload.photograph(0);
    const another = { ...file, buffer: Buffer.concat([file.buffer, Buffer.alloc(9)]) };
    await upload.addSlowly([another], async () => {
      assert.ok((await kept(page)).length > 1);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("dialog", { name: "Sign out now?" })
        .getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("button", { name: "Sign in" }).waitFor();
      await eventually(
        "the browser to keep nothing",
        async () => (await kept(page)).length === 0,
        READY_MS,
      );
    });
    await page.reload();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
  },

  async "all along no other host was asked, and the console stayed silent"({ watch }) {
    // The browser itself reports responses that the steps above asked for: too large a file, a session's end.
    const own = watch.complaints.filter((text) =>
      !/status of (413|499)|registration blocked by Playwright/.test(text)
    );
    assert.deepEqual(own, []);
    const hosts = [URLS.edge, URLS.storage, URLS.oidc].map((url) => new URL(url).host);
    assert.deepEqual([...watch.hosts].filter((host) => !hosts.includes(host)), []);
  },

  async "in production people sign in by OpenID Connect with PKCE, and stay so by refresh tokens"(
    { browser },
  ) {
    const context = await browser.newContext({ serviceWorkers: "block" });
    context.setDefaultTimeout(READY_MS);
    try {
      const page = await context.newPage();
      await page.route("**/config.json", async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ json: { ...await answer.json(), signIn: OIDC } });
      });
      await signIn(page);
      await page.reload();
      await page.getByRole("heading", { name: "Your pictures" }).waitFor();
      await renew(page);
      await refuseForeignState(page);
    } finally {
      await context.close();
    }
  },
};

/** A link as the example's backend makes it. */
async function exampleLink(): Promise<string> {
  const token = await tokenFor("backend", { scope: "images:grant" });
  const env = { ...process.env, EDGE: URLS.edge, TOKEN: token, SUBJECT: "booking", COUNT: "3" };
  const program = fileURLToPath(new URL("../../examples/guest-link/main.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
  return stdout.trim();
}

/** What the browser keeps for the page. */
async function kept(page: Page): Promise<string[]> {
  return await page.evaluate(async () => {
    const found = [...Object.keys(sessionStorage), ...Object.keys(localStorage)];
    const whenDone = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve) => request.onsuccess = () => resolve(request.result));
    for (const { name = "" } of await indexedDB.databases()) {
      const database = await whenDone(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const keys = await whenDone(database.transaction(store).objectStore(store).getAllKeys());
        found.push(...keys.map((key) => `${name} ${key}`));
      }
      database.close();
    }
    return found;
  });
}

async function signIn(page: Page): Promise<void> {
  const asked = page.waitForRequest((request) =>
    request.url().startsWith(`${URLS.oidc}/authorize?`)
  );
  await page.goto(URLS.edge);
  await page.getByRole("button", { name: "Sign in" }).click();
  const parameters = new URL((await asked).url()).searchParams;
  assert.equal(parameters.get("code_challenge_method"), "S256");
  assert.equal(parameters.get("redirect_uri"), `${URLS.edge}/`);
  await page.getByRole("heading", { name: "Your pictures" }).waitFor();
  assert.equal(page.url(), `${URLS.edge}/`, "the code does not stay in the address");
}

/** A token that has ended is renewed by the refresh token, without asking anybody. */
async function renew(page: Page): Promise<void> {
  const end = () => {
    const held = JSON.parse(sessionStorage.getItem("tintype.session") ?? "{}");
    sessionStorage.setItem("tintype.session", JSON.stringify({ ...held, expiresAtMs: 0 }));
    return held.accessToken;
  };
  const old = await page.evaluate(end);
  await page.reload();
  await page.getByText(/One picture|pictures|Nothing here yet/).first().waitFor();
  await eventually("a new token", async () => {
    const text = await page.evaluate(() => sessionStorage.getItem("tintype.session"));
    return JSON.parse(text ?? "{}").accessToken !== old;
  }, READY_MS);
}

/** An answer that this browser did not ask for signs nobody in. */
async function refuseForeignState(page: Page): Promise<void> {
  await page.evaluate(() => {
    const asked = { verifier: "v".repeat(43), state: "ours", nonce: "n" };
    sessionStorage.clear();
    sessionStorage.setItem("tintype.sign-in", JSON.stringify(asked));
  });
  await page.goto(`${URLS.edge}/?code=stolen&state=theirs`);
  await page.getByText("Signing in did not work.").waitFor();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
}
