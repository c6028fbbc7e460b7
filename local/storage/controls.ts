import type { IncomingMessage } from "node:http";
import type { Clock } from "@tintype/core/ports/clock";
import * as z from "zod";
import { answerFaultControls, FAULT_CONTROLS, type FaultInjector } from "../faults/faults.ts";
import {
  type ControlAnswer,
  type ControlDoc,
  type ControlRequest,
  refuse,
} from "../pubsub/control.ts";
import { type Call, readText, type Reply } from "./call.ts";
import { jsonReply } from "./json_reply.ts";
import { applyLifecycle } from "./lifecycle.ts";
import type { LocalObjects } from "./local_objects.ts";
import type { ObjectDatabase } from "./object_database.ts";

const OWN_CONTROLS: readonly ControlDoc[] = [
  {
    method: "POST",
    path: "/_local/lifecycle",
    body: "{now?: RFC 3339 or milliseconds since the epoch}",
    does: "applies every bucket's lifecycle rules as if it were now: {deleted: {bucket: n}}",
  },
  {
    method: "POST",
    path: "/_local/mutations",
    body: "{limit: boolean}",
    does: "whether a second mutation of one object within a second is answered 429; off at start",
  },
];

const FAULT_DOCS: readonly ControlDoc[] = Object.entries(FAULT_CONTROLS).map(([name, does]) => {
  const [method = "", path = ""] = name.split(" ");
  return { method, path, does };
});

const lifecycleSchema = z.strictObject({
  now: z.union([z.number(), z.iso.datetime({ offset: true })]).optional(),
});
const mutationsSchema = z.strictObject({ limit: z.boolean() });

/** Controls of another room that are answered here. */
export interface MoreControls {
  readonly docs: readonly ControlDoc[];
  /** Null where the path is none of its own. */
  handle(request: ControlRequest): Promise<ControlAnswer | null>;
}

/** What {@link Controls} is made of. */
export interface ControlsOptions {
  readonly faults: FaultInjector;
  readonly objects: LocalObjects;
  readonly database: ObjectDatabase;
  readonly clock: Clock;
  readonly more: MoreControls | undefined;
}

/** Everything under `/_local`: what a test or a curious reader may do to this stand-in, from this machine only. */
export class Controls {
  readonly #options: ControlsOptions;

  constructor(options: ControlsOptions) {
    this.#options = options;
  }

  async answer(call: Call): Promise<Reply> {
    const { method, path } = call;
    const text = await readText(call.body, 1024 * 1024);
    if (path === "/_local/faults") {
      return replyOf(answerFaultControls(this.#options.faults, method, text));
    }
    const body = parseJson(text);
    if (body === null) return replyOf(refuse(400, "The body is not JSON"));
    const request = { method, path, ...body };
    const answer = path === "/_local" ? this.#document() : await this.#own(request);
    return replyOf(
      answer ?? await this.#options.more?.handle(request) ?? refuse(404, "No such control"),
    );
  }

  #document(): ControlAnswer {
    const controls = [...OWN_CONTROLS, ...FAULT_DOCS, ...this.#options.more?.docs ?? []];
    return { status: 200, body: { part: "storage", controls } };
  }

  async #own({ method, path, body }: ControlRequest): Promise<ControlAnswer | null> {
    const { objects, clock } = this.#options;
    if (path !== "/_local/lifecycle" && path !== "/_local/mutations") return null;
    if (method !== "POST") return refuse(405, "The method must be POST");
    if (path === "/_local/mutations") {
      const read = mutationsSchema.safeParse(body);
      if (!read.success) return refuse(400, z.prettifyError(read.error));
      objects.limitMutations = read.data.limit;
      return { status: 200, body: read.data };
    }
    const read = lifecycleSchema.safeParse(body ?? {});
    if (!read.success) return refuse(400, z.prettifyError(read.error));
    const nowMs = new Date(read.data.now ?? clock.now()).getTime();
    return { status: 200, body: { deleted: await applyLifecycle(this.#options, nowMs) } };
  }
}

/** Whether a request comes from this machine. */
export function isLoopback({ socket }: Pick<IncomingMessage, "socket">): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? "");
}

function replyOf({ status, body }: ControlAnswer): Reply {
  return body === undefined ? { status } : jsonReply(status, body);
}

/** The body as it is handed to controls (`{}` where there is none); null where it is not JSON. */
function parseJson(text: string): { body?: unknown } | null {
  if (text.trim() === "") return {};
  try {
    return { body: JSON.parse(text) };
  } catch {
    return null;
  }
}
