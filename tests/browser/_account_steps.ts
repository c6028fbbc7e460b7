import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { eventually } from "@tintype/core/testing/eventually";
import { URLS } from "../_cloud.ts";
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
    // The browser itself tells of answers that the steps above asked for: too large a file, a session's end.
    const own = watch.complaints.filter((text) => !/status of (413|499)/.test(text));
    assert.deepEqual(own, []);
    const hosts = [URLS.edge, URLS.storage, URLS.oidc].map((url) => new URL(url).host);
    assert.deepEqual([...watch.hosts].filter((host) => !hosts.includes(host)), []);
  },

  async "in production people sign in by OpenID Connect with PKCE, and stay so by refresh tokens"(
    { browser },
  ) {
    const context = await browser.newContext();
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
