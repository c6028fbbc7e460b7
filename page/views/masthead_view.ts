import { html, nothing, type TemplateResult } from "lit-html";
import type { PageApp } from "../page_app.ts";
import { WORDS } from "../words.ts";
import { icon } from "./icons.ts";

/** The page's head: its name, who is signed in, and whether the service can be reached. */
export function mastheadView(app: PageApp): TemplateResult {
  const { studio } = app;
  return html`
    <header class="masthead">
      <p class="wordmark"><span class="mark" aria-hidden="true"></span>${WORDS.name}</p>
      ${studio === undefined || app.guest !== undefined ? nothing : html`
        <div class="account">
          <span class="account-name">${studio.session.name}</span>
          ${app.canInvite
            ? html`
              <button
                type="button"
                class="button is-quiet"
                @click=${() => app.open({ kind: "guest-link" })}
              >${WORDS.account.guestLink}</button>
            `
            : nothing}
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

/** The page's foot; a guest is no developer. */
export function footView({ guest }: PageApp): TemplateResult | typeof nothing {
  if (guest !== undefined) return nothing;
  return html`
    <footer class="foot"><a href="/docs">${WORDS.account.docs}</a></footer>
  `;
}
