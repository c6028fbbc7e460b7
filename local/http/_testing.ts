import { Readable } from "node:stream";
import type { TestContext } from "node:test";
import { FaultInjector } from "../faults/faults.ts";
import { bodyOf } from "./call.ts";
import { answerControl, type Control } from "./controls.ts";
import { type EmulatorApp, EmulatorServer } from "./emulator_server.ts";

/** Serves an emulator's app on a free port until the test ends; returns its address. */
export async function startApp(
  t: TestContext,
  app: EmulatorApp,
  faults = new FaultInjector(),
): Promise<string> {
  const server = new EmulatorServer(app, { part: "test", faults });
  t.after(() => server.close());
  return await server.listen(0);
}

/** Calls a control; returns the status and the parsed body of its response. */
export async function askControl(
  controls: readonly Control[],
  method: string,
  path: string,
  body?: unknown,
) {
  const sent = body === undefined ? [] : [Buffer.from(JSON.stringify(body))];
  const call = { method, path, body: Readable.from(sent) };
  const reply = await answerControl(call, "test", controls);
  const text = bodyOf(reply) ?? "null";
  return { status: reply.status, body: JSON.parse(String(text)) as unknown };
}
