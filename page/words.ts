/**
 * Everything that the page says, in English. Sentences speak to the person in front of it: what happened, and what to
 * do about it.
 */
import { bytesText, durationText } from "./quantities.ts";

/** Why a picture was not taken, in two sentences, and whether sending it again can help. */
export interface Refusal {
  readonly what: string;
  readonly todo: string;
  readonly canRetry: boolean;
}

/** What stays the same. */
export const WORDS = {
  name: "Tintype",
  skip: "Skip to your pictures",
  welcome: {
    title: (keptMs: number) => `Pictures that stay for ${durationText(keptMs)}.`,
    lead:
      "Add photographs from your phone or your desk. They are ready in seconds, only you can see them, and when their time is over every copy is gone.",
    button: "Sign in",
    busy: "Signing in…",
    closed: "Nobody can sign in here yet: this page has not been given an issuer.",
    failed: "Signing in did not work. Please try again.",
    again: "Your session is over. Sign in again and your pictures go on where they stopped.",
    unreachable: "This page cannot reach its server. Check your connection and reload.",
    plate: "A photograph on a metal plate, as they were made in 1860",
  },
  account: { signOut: "Sign out", docs: "For developers", guestLink: "Invite a guest" },
  signOut: {
    title: "Sign out now?",
    text: "Some pictures have not been sent yet. Signing out takes them out of this browser.",
    confirm: "Sign out",
    cancel: "Stay",
  },
  offline: "The service cannot be reached. Sending goes on by itself when it is back.",
  online: "The connection is back.",
  guest: {
    title: (count: number) => `Send ${count === 1 ? "one picture" : `up to ${count} pictures`}`,
    lead: (until: string) =>
      `Only whoever gave you this link sees them. The link works until ${until}.`,
    thanks: "Thank you. All have arrived; you can close this page.",
    over: "This link has ended. Ask whoever gave it to you for a new one.",
    full: {
      what: "This link takes no more pictures.",
      todo: "Ask whoever gave it to you for a new one.",
    },
  },
  guestLink: {
    title: "Invite a guest",
    text:
      "Whoever has the link can send pictures to you, without an account, and sees nothing else.",
    count: "Pictures at most",
    time: "The link works for",
    times: { "3600": "one hour", "86400": "one day" },
    make: "Make the link",
    making: "Making the link…",
    failed: "The link could not be made. Try again in a moment.",
    link: "Link for a guest",
    code: "The link as a QR code",
    copy: "Copy the link",
    copied: "The link is copied.",
    until: (when: string) => `It works until ${when}, for whoever has it.`,
    close: "Close",
  },
  add: {
    title: "Add pictures",
    hint: "Drop them anywhere on this page, or paste one.",
    drop: "Let go to add them",
    files: "Choose pictures",
    camera: "Take a photo",
    folder: "Choose a folder",
    types: (labels: readonly string[], maxBytes: number | undefined) =>
      new Intl.ListFormat("en-GB", { type: "disjunction" }).format(labels) +
      (maxBytes === undefined ? "" : `, up to ${bytesText(maxBytes)} each`),
    left: (left: number) => `${pictures(left)} can still be sent today.`,
    added: (count: number) => `${pictures(count)} added`,
    skipped: (count: number) =>
      `${count === 1 ? "One file was" : `${count} files were`} left out, as ${
        count === 1 ? "it is not a picture" : "they are not pictures"
      }.`,
    nothing: "There was no picture in it.",
  },
  queue: {
    titles: {
      sending: "Sending",
      processing: "Being processed",
      paused: "Paused",
      offline: "Waiting for the network",
      heldUp: "Waiting for the service",
      ready: "Ready",
      refused: "Not taken",
    },
    progress: (done: number, total: number, refused: number) =>
      [
        ...(total === 0 ? [] : [`${done} of ${total} ready`]),
        ...(refused === 0 ? [] : [`${refused} not taken`]),
      ].join(", "),
    amount: (sent: number, total: number) => `${bytesText(sent)} of ${bytesText(total)}`,
    timeLeft: (left: string) => `${left} left`,
    groups: {
      current: "On their way",
      refused: "Not taken",
      waiting: "Waiting",
      finished: "Finished",
    },
    more: (count: number) => `${count} more ${count === 1 ? "is" : "are"} being processed`,
    list: "List of files",
    show: (count: number) => count === 1 ? "Show in gallery" : `Show ${count} in gallery`,
    allReady: (count: number) => `${pictures(count)} ready`,
    pauseAll: "Pause all",
    resumeAll: "Resume all",
    dismissAll: "Dismiss all",
    pause: "Pause",
    resume: "Resume",
    cancel: "Cancel",
    retry: "Try again",
    dismiss: "Dismiss",
    progressOfAll: "Progress of all",
    progressOf: (name: string) => `Progress of ${name}`,
    notKept: "Too large to survive a reload of this page.",
    ready: (name: string) => `${name} is ready`,
    refused: (name: string, what: string) => `${name}: ${what}`,
    states: {
      queued: "Waiting for its turn",
      sending: (held: number, size: number, bytesPerSecond: number | undefined) =>
        [
          `${bytesText(held)} of ${bytesText(size)}`,
          ...(bytesPerSecond === undefined ? [] : [`${bytesText(bytesPerSecond)}/s`]),
        ].join(" · "),
      waiting: "Waiting for the network",
      heldUp: "The service asks to wait a moment",
      paused: (held: number, size: number) =>
        held === 0 ? "Paused" : `Paused at ${bytesText(held)} of ${bytesText(size)}`,
      processing: "Sent. Being processed",
      ready: "Ready",
    },
  },
  gallery: {
    title: "Your pictures",
    count: (count: number, hasMore: boolean) => `${pictures(count)}${hasMore ? " and more" : ""}`,
    loading: "Looking for your pictures…",
    waiting: "Your pictures come when the service is back.",
    empty: "Nothing here yet.",
    emptyHint: (keptMs: number) =>
      `What you add appears here, and disappears ${durationText(keptMs)} later.`,
    more: "Show more",
    failed: "Your pictures could not be listed.",
    retry: "Try again",
    left: (leftMs: number) => leftMs <= 0 ? "Going now" : `${durationText(leftMs)} left`,
    day: (count: number, leftMs: number) =>
      count === 1
        ? `${durationText(leftMs)} left`
        : `${count} pictures, the first one goes in ${durationText(leftMs)}`,
    open: (place: string, facts: readonly string[]) => [`Picture ${place}`, ...facts].join(", "),
    place: (at: number, count: number) => `${at} of ${count}`,
    added: (when: string) => `added ${when}`,
    failedImage: "Delayed",
    processing: "Being processed",
    unopened: "Cannot be shown",
    rejected: (count: number) => `${count} not taken`,
    rejectedAt: (when: string) => `Added ${when}`,
    select: "Select",
    selectAll: "Select all",
    selectNone: "Select none",
    selected: (count: number) => `${pictures(count)} selected`,
    done: "Done",
    download: "Download",
    erase: "Erase",
    downloading: "Preparing the download…",
    downloaded: (count: number) => `${pictures(count)} downloaded.`,
    notDownloaded: "The download did not work. Try again in a moment.",
  },
  image: {
    title: (added: string) => `Picture added ${added}`,
    close: "Close",
    next: "Next picture",
    previous: "Previous picture",
    details: "Details",
    alt: (added: string) => `The picture that was added ${added}`,
    left: "Time left",
    goneAt: (when: string) => `Gone on ${when}`,
    original: "Original",
    size: (width: number, height: number) => `${width} × ${height}`,
    camera: "Camera",
    exposure: "Exposure",
    colours: "Colours",
    place: "Place",
    hasPlace: "Was in the file, is in no copy",
    hasNoPlace: "Not in the file",
    renditions: "Sizes",
    rendition: (name: string, width: number, height: number, bytes: number) =>
      `${name}, ${width} × ${height}, ${bytesText(bytes)}`,
    newTab: "opens in a new tab",
    download: "Download",
    erase: "Erase",
  },
  erase: {
    title: (count: number) =>
      count === 1 ? "Erase this picture now?" : `Erase ${count} pictures now?`,
    text: "Every size and everything that is known of it goes. This cannot be undone.",
    confirm: (count: number) => count === 1 ? "Erase it" : `Erase ${count}`,
    cancel: (count: number) => count === 1 ? "Keep it" : "Keep them",
    busy: "Erasing…",
    done: (count: number) =>
      count === 1 ? "The picture is erased." : `${count} pictures are erased.`,
    failed: (count: number) =>
      count === 1 ? "The picture could not be erased." : `${count} pictures could not be erased.`,
  },
} as const;

const AGAIN = "Nothing is lost. Try again in a moment.";

/** Every code of a problem, of a rejection and of the client; the tests hold it against the lists of both. */
export const REFUSALS = {
  invalid_json: ours("This page and its server do not understand each other."),
  invalid_request: ours("This page and its server do not understand each other."),
  method_not_allowed: ours("This page and its server do not understand each other."),
  length_required: ours("This page and its server do not understand each other."),
  protocol: ours("Something between you and the server answered in its place."),
  unauthenticated: later("Your session is over.", "Sign in again; it goes on where it stopped."),
  forbidden: final("Your account may not do this.", "Ask whoever gave you the account."),
  not_found: final("It is not there any more.", "It was erased, or its time is over."),
  conflict: final(
    "It was not taken.",
    "It began too long ago, or is another file by now. Add it again; it starts anew.",
  ),
  erased: final("It was erased before.", "Add it again to send it as a new picture."),
  too_large: final("The file is too large.", "Send a smaller copy of it."),
  unsupported_type: final("This kind of file is not taken.", "Save it as JPEG or PNG."),
  not_an_image: final(
    "The file is not the picture that its name promises.",
    "Open it on your device; if it shows, save it anew as JPEG or PNG.",
  ),
  digest_mismatch: later("The file changed on its way.", "Try again; if it stays, add it anew."),
  declared_mismatch: final(
    "The file is not what its name says.",
    "Open it on your device and save it anew as JPEG or PNG.",
  ),
  rate_limited: later("Too many pictures in one minute.", "Wait a moment, then try again."),
  quota_exceeded: later("The day's space is used up.", "Try again after midnight (UTC)."),
  internal: later("Something went wrong on our side.", AGAIN),
  unavailable: later("The service is resting for a moment.", AGAIN),
  network: later("The network was gone for too long.", "It goes on as soon as you are back."),
  timeout: later("It takes longer than usual.", "It may still appear among your pictures."),
  stalled: later("The store took nothing more.", AGAIN),
  session_lost: later("The store forgot what was sent.", "Try again; it starts anew."),
  storage_refused: later("The store did not take it.", AGAIN),
  unreadable: final(
    "The file cannot be read any more.",
    "It was moved or changed. Choose it again.",
  ),
  cancelled: final("It was cancelled.", "Add it again if you want it after all."),
  too_many_pixels: final("It has too many pixels.", "Send a smaller copy of it."),
  too_many_frames: final("It has too many frames.", "Send a shorter animation."),
  truncated: final(
    "The file is truncated.",
    "It was not copied whole. Copy it again from where it comes from.",
  ),
  corrupt: final("The file is damaged.", "Open it on your device; if it shows, save it anew."),
  processing_limit: final(
    "It takes too long to process.",
    "Save it anew as JPEG, or send a smaller copy.",
  ),
  pipeline_rejected: final(
    "It does not fulfil this service's own rules.",
    "Ask whoever runs it what they are.",
  ),
  too_late: final("It arrived when its time was over.", "Add it again; its time starts anew."),
  dead_lettered: later("Processing it failed each time.", "It is tried again without you."),
} as const satisfies Record<string, Refusal>;

/** What to say of a code; a code that this page does not know is our side's. `detail` may name the limit. */
export function refusalOf(code: string, detail = ""): Refusal {
  const known = Object.hasOwn(REFUSALS, code)
    ? REFUSALS[code as keyof typeof REFUSALS] // a key by the check
    : REFUSALS.internal;
  const limit = code === "too_large" ? /at most (\d+)/.exec(detail)?.[1] : undefined;
  if (limit === undefined) return known;
  return { ...known, what: `The file is larger than ${bytesText(Number(limit))}.` };
}

function pictures(count: number): string {
  return count === 1 ? "One picture" : `${count} pictures`;
}

function final(what: string, todo: string): Refusal {
  return { what, todo, canRetry: false };
}

function later(what: string, todo: string): Refusal {
  return { what, todo, canRetry: true };
}

function ours(what: string): Refusal {
  return later(what, "Reload the page; if it stays, report it to whoever runs this service.");
}
