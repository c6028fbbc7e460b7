import { html, nothing, type TemplateResult } from "lit-html";
import type { PageApp } from "../page_app.ts";
import { WORDS } from "../words.ts";
import { icon } from "./icons.ts";

/** The page's head: its name, who is signed in, and whether the network is there. */
export function mastheadView(app: PageApp): TemplateResult {
  const { studio } = app;
  return html`
    <header class="masthead">
      <p class="wordmark"><span class="mark" aria-hidden="true"></span>${WORDS.name}</p>
      ${studio === undefined ? nothing : html`
        <div class="account">
          <span class="account-name">${studio.session.name}</span>
          <button type="button" class="button is-quiet" @click=${() => app.signOut()}>
            ${WORDS.account.signOut}
          </button>
        </div>
      `}
    </header>
    <div class="banner" role="status">
      ${app.isOnline ? nothing : html`<p>${icon("offline")} ${WORDS.offline}</p>`}
    </div>
  `;
}

/** The page's foot. */
export function footView(): TemplateResult {
  return html`
    <footer class="foot"><a href="/docs">${WORDS.account.docs}</a></footer>
  `;
}
