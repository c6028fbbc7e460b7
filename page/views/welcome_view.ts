import { html, nothing, type TemplateResult } from "lit-html";
import type { PageApp } from "../page_app.ts";
import { WORDS } from "../words.ts";

const { welcome } = WORDS;

/** What is seen before anybody has signed in. */
export function welcomeView(app: PageApp): TemplateResult {
  const { config, trouble, isSigningIn } = app;
  return html`
    <main class="welcome" id="main">
      <div class="welcome-text">
        <h1 class="display">${welcome.title(config?.periodMs ?? 0)}</h1>
        <p class="lead">${welcome.lead}</p>
        ${trouble === "" ? nothing : html`<p class="trouble" role="alert">${trouble}</p>`}
        ${config?.signIn === null ? html`<p class="trouble">${welcome.closed}</p>` : html`
          <button
            type="button"
            class="button is-primary is-large"
            ?disabled=${isSigningIn}
            @click=${() => app.signIn()}
          >${isSigningIn ? welcome.busy : welcome.button}</button>
        `}
      </div>
      <div class="plate" role="img" aria-label=${welcome.plate}></div>
    </main>
  `;
}

/** What is seen where the page's server does not answer. */
export function unreachableView(): TemplateResult {
  return html`
    <main class="welcome" id="main">
      <div class="welcome-text">
        <h1 class="display">${WORDS.name}</h1>
        <p class="trouble" role="alert">${welcome.unreachable}</p>
      </div>
    </main>
  `;
}
