/** Signing in as in production: OpenID Connect's code flow with PKCE, against the local issuer. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { URLS } from "../_cloud.ts";
import { waitUntil } from "../_wait.ts";

const CONFIG = {
  type: "oidc",
  issuer: URLS.oidc,
  clientId: "tintype-page",
  scope: "openid images:read images:write images:delete",
};

/** Opens the page with the configuration of an OpenID issuer, and signs in, reloads, renews and is refused. */
export async function signInByOidc(browser: Browser, timeoutMs: number): Promise<void> {
  const context = await browser.newContext();
  context.setDefaultTimeout(timeoutMs);
  try {
    const page = await context.newPage();
    await page.route("**/config.json", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...await answer.json(), signIn: CONFIG } });
    });
    await signIn(page);
    await page.reload();
    await page.getByRole("heading", { name: "Your pictures" }).waitFor();
    await renew(page, timeoutMs);
    await refuseForeignState(page);
  } finally {
    await context.close();
  }
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
async function renew(page: Page, timeoutMs: number): Promise<void> {
  const end = () => {
    const held = JSON.parse(sessionStorage.getItem("tintype.session") ?? "{}");
    sessionStorage.setItem("tintype.session", JSON.stringify({ ...held, expiresAtMs: 0 }));
    return held.accessToken;
  };
  const old = await page.evaluate(end);
  await page.reload();
  await page.getByText(/One picture|pictures|Nothing here yet/).first().waitFor();
  await waitUntil("a new token", async () => {
    const text = await page.evaluate(() => sessionStorage.getItem("tintype.session"));
    return JSON.parse(text ?? "{}").accessToken !== old;
  }, timeoutMs);
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
