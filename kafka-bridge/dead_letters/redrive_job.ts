import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { schemaError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import * as z from "zod";
import { wordsOfError } from "../operations/words_of_error.ts";
import { factsOf } from "./read_letters.ts";
import type { redriveLetters, RedriveOptions, RedriveOutcome } from "./redrive_letters.ts";

const MAX_BODY_BYTES = 1024 * 1024;
const BEAT_MS = 20_000;

/** Which letters, and whether they are sent; as `dlq redrive` takes them. */
const requestSchema = z.strictObject({
  all: z.boolean().default(false),
  reasons: z.array(z.string().regex(/^[a-z_]{1,64}$/, "must be codes of reasons")).default([]),
  places: z.array(z.string().regex(/^\d{1,6}\/\d{1,19}$/, "must be partition/offset")).default([]),
  dryRun: z.boolean().default(false),
}).refine(
  ({ all, reasons, places }) => all === (reasons.length === 0 && places.length === 0),
  "must have either all, or reasons and places",
);

/** A line of the response: what became of a letter; at the end what was done, or why nothing more was. */
export interface RedriveLine {
  readonly letter?: ReturnType<typeof factsOf> & Omit<RedriveOutcome, "letter">;
  readonly done?: {
    readonly topic: string;
    readonly sent: number;
    readonly failed: number;
    readonly leftOut: number;
    readonly missing: readonly string[];
  };
  readonly error?: string;
}

/** What the job runs on. */
interface RedriveJobOptions {
  readonly redrive: (
    options: Pick<RedriveOptions, "selection" | "isDryRun" | "onOutcome" | "signal">,
  ) => ReturnType<typeof redriveLetters>;
  /** The dead-letter topic. */
  readonly topic: string;
  readonly log: Log;
  /** Aborted when the bridge ends. */
  readonly stopping: AbortSignal;
}

/**
 * `POST /jobs/redrive`: sends dead letters again, one at a time, and responds with a JSON line for each and one with the
 * counts. It ends with its caller. A page of another origin cannot call it: JSON takes a preflight, which gets 405.
 */
export function redriveJob({ redrive, topic, log, stopping }: RedriveJobOptions) {
  let isRunning = false;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refuse = (status: number, detail: string) =>
      void response.writeHead(status, { "Content-Type": "text/plain" }).end(`${detail}\n`);
    if (request.headers["content-type"] !== "application/json") {
      return refuse(415, "Cannot redrive: Content-Type must be application/json");
    }
    if (!(Number(request.headers["content-length"]) <= MAX_BODY_BYTES)) {
      return refuse(413, `Cannot redrive: Content-Length must be at most ${MAX_BODY_BYTES}`);
    }
    const asked = requestSchema.safeParse(await json(request).catch(() => undefined));
    if (!asked.success) {
      return refuse(400, schemaError("invalid_request", "Cannot redrive", asked.error).message);
    }
    if (isRunning) {
      return refuse(409, "Cannot redrive: another call is under way; wait for its end");
    }
    isRunning = true;
    const { reasons, places, dryRun: isDryRun } = asked.data;
    const startMs = performance.now();
    const gone = new AbortController();
    response.once("close", () => gone.abort(new Error("the caller has gone")));
    response.writeHead(200, {
      "Content-Type": "application/x-ndjson",
      "Cache-Control": "no-store",
    });
    response.flushHeaders();
    // Reading a long topic writes nothing, and a tunnel or a client would give up.
    const beat = setInterval(() => response.write("\n"), BEAT_MS);
    const say = (line: RedriveLine) => void response.write(`${JSON.stringify(line)}\n`);
    const counts = { sent: 0, failed: 0 };
    try {
      const { missing, leftOut } = await redrive({
        selection: { reasons: new Set(reasons), places: new Set(places) },
        isDryRun,
        signal: AbortSignal.any([gone.signal, stopping]),
        onOutcome({ letter, sentTo, problem }) {
          counts[sentTo === undefined ? "failed" : "sent"]++;
          say({ letter: { ...factsOf(letter), sentTo, problem } });
        },
      });
      say({ done: { topic, ...counts, leftOut, missing: [...missing] } });
      const ms = Math.round(performance.now() - startMs);
      log.info("job", { job: "redrive", ms, ...counts, leftOut, isDryRun });
    } catch (error) {
      say({ error: wordsOfError(error) });
      log.error("redrive_failed", { text: wordsOfError(error), ...counts, isDryRun });
    } finally {
      isRunning = false;
      clearInterval(beat);
      response.end();
    }
  };
}
