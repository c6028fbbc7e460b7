/** The dialog in which somebody makes a link for guests: how many pictures, how long, and then the link and its code. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { live } from "lit-html/directives/live.js";
import { until } from "lit-html/directives/until.js";
import type { PageApp } from "../page_app.ts";
import { whenText } from "../quantities.ts";
import { type GuestLink, makeGuestLink } from "../session/guest.ts";
import type { Session } from "../session/session.ts";
import { WORDS } from "../words.ts";
import { icon } from "./icons.ts";

const words = WORDS.guestLink;
/** Pictures that are offered at first, and the most that the edge takes. */
const [COUNT, MOST] = [10, 1_000];
/** Light modules around a code (ISO/IEC 18004, section 9.1). */
const QUIET_ZONE = 4;

/** The dialog's content. */
export function guestLinkView(
  app: PageApp,
  session: Session,
  link: GuestLink | "busy" | "failed" | undefined,
): TemplateResult {
  return html`
    <h2 id="guest-link-title" class="heading">${words.title}</h2>
    ${typeof link === "object" ? linkView(app, link) : formView(app, session, link)}
    <button
      type="button"
      class="button is-icon guest-link-close"
      title=${words.close}
      @click=${() => app.close()}
    >${icon("close")}<span class="unseen">${words.close}</span></button>
  `;
}

function formView(
  app: PageApp,
  session: Session,
  state: "busy" | "failed" | undefined,
): TemplateResult {
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget);
    const asked = { count: Number(form.get("count")), ttlSeconds: Number(form.get("time")) };
    app.open({ kind: "guest-link", link: "busy" });
    const link = await makeGuestLink(session, asked).catch(() => "failed" as const);
    if (app.dialog.kind === "guest-link") app.open({ kind: "guest-link", link });
  };
  return html`
    <form class="guest-link-form" @submit=${make}>
      <p>${words.text}</p>
      <label>${words.count}
        <input name="count" type="number" min="1" max=${MOST} value=${COUNT} required>
      </label>
      <label>${words.time}
        <select name="time">
          ${Object.entries(words.times).map(([seconds, text]) =>
            html`<option value=${seconds}>${text}</option>`
          )}
        </select>
      </label>
      ${state === "failed" ? html`<p class="trouble" role="alert">${words.failed}</p>` : nothing}
      <button class="button is-primary" ?disabled=${state === "busy"}>
        ${state === "busy" ? words.making : words.make}
      </button>
    </form>
  `;
}

function linkView(app: PageApp, { url, endsAtMs }: GuestLink): TemplateResult {
  const copy = async () => {
    await navigator.clipboard.writeText(url);
    app.say(words.copied);
  };
  return html`
    <div class="guest-link-made">
      ${guard([url], () => until(drawCode(url), nothing))}
      <input
        class="guest-link-url"
        readonly
        aria-label=${words.link}
        .value=${live(url)}
        @focus=${({ target }: Event) => target instanceof HTMLInputElement && target.select()}
      >
      <button type="button" class="button is-primary" @click=${copy}>
        ${app.notice === words.copied ? words.copied : words.copy}
      </button>
      <p class="section-note">${words.until(whenText(endsAtMs))}</p>
      <p class="unseen" role="status">${app.notice}</p>
    </div>
  `;
}

/** The QR code of a link. */
async function drawCode(url: string): Promise<TemplateResult> {
  const { encode } = await import("uqr");
  const { data, size } = encode(url, { ecc: "L", border: QUIET_ZONE });
  const path = data.flatMap((row, y) => row.map((isDark, x) => isDark ? `M${x} ${y}h1v1h-1z` : ""))
    .join("");
  const dark = svg`<path d=${path} />`;
  return html`
    <svg class="code" viewBox="0 0 ${size} ${size}" role="img"
      aria-label=${words.code}>${dark}</svg>
  `;
}
