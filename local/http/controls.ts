import * as z from "zod";
import { type Call, jsonReply, readText, type Reply } from "./call.ts";

/** One control under `/_local`: what a test or a curious reader may do to an emulator, from this machine only. */
export interface Control {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** The body's shape, as people read it. */
  readonly body?: string;
  readonly does: string;
  /** Gets the parsed JSON body, undefined where there is none; throws ZodError for a wrong one. */
  readonly run: (body: unknown) => ControlResult | Promise<ControlResult>;
}

/** A body that is sent as JSON, nothing where it is undefined; the status is 200 where none is given. */
interface ControlResult {
  readonly status?: number;
  readonly body?: unknown;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Answers a request to `/_local` with the controls and the declared routes, and to each control's path. */
export async function answerControl(
  call: Pick<Call, "method" | "path" | "body">,
  part: string,
  controls: readonly Control[],
  routes?: readonly unknown[],
): Promise<Reply> {
  const text = await readText(call.body, MAX_BODY_BYTES);
  if (text === undefined) return refuse(400, "The request body is too large");
  if (call.path === "/_local") {
    const own = controls.map(({ run: _, ...doc }) => doc);
    return jsonReply(200, { part, controls: own, routes });
  }
  const here = controls.filter(({ path }) => path === call.path);
  if (here.length === 0) return refuse(404, "No such control");
  const control = here.find(({ method }) => method === call.method);
  if (control === undefined) {
    return refuse(405, `The method must be ${here.map(({ method }) => method).join(" or ")}`);
  }
  return await runControl(control, text);
}

async function runControl(control: Control, text: string): Promise<Reply> {
  try {
    const { status = 200, body } = await control.run(
      text.trim() === "" ? undefined : JSON.parse(text),
    );
    return body === undefined ? { status } : jsonReply(status, body);
  } catch (error) {
    if (error instanceof z.ZodError) return refuse(400, z.prettifyError(error));
    if (error instanceof SyntaxError) return refuse(400, "The body is not JSON");
    throw error;
  }
}

function refuse(status: number, message: string): Reply {
  return jsonReply(status, { error: { code: status, message } });
}
