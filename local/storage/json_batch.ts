import { STATUS_CODES } from "node:http";
import { Readable } from "node:stream";
import { readBatch, writeBatch } from "@tintype/gcs/batch_parts";
import { MAX_BATCH } from "@tintype/gcs/batch";
import type { FaultInjector } from "../faults/faults.ts";
import { bodyOf, type Call, headerOf, readText, type Reply } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Answers one call of the JSON API, failures included. */
export type AnswerCall = (call: Call) => Promise<Reply>;

/** The same call by call, with the faults that are for it: a status, or a wait; any other drops the whole connection. */
export function withFaultsInside(answer: AnswerCall, faults: FaultInjector): AnswerCall {
  return async (call) => {
    const action = faults.match(call.method, call.target, call.headers);
    if (action === undefined) return await answer(call);
    if ("status" in action) return { status: action.status };
    if ("delayMs" in action) await faults.delay(action.delayMs);
    else call.hangUp();
    return await answer(call);
  };
}

/**
 * Answers `POST /batch/storage/v1` (cloud.google.com/storage/docs/batch): up to 100 calls of the JSON API to objects,
 * each with the rights of whoever sent the batch. Each succeeds or fails by itself.
 */
export async function answerBatch(call: Call, answer: AnswerCall): Promise<Reply> {
  const text = await readText(call.body, MAX_BODY_BYTES);
  if (text === undefined) throw new StorageFailure("bad_request", "The batch is too large.");
  const parts = readBatch(headerOf(call, "content-type"), text);
  if (parts.length === 0 || parts.length > MAX_BATCH) {
    throw new StorageFailure("bad_request", `A batch holds 1 to ${MAX_BATCH} calls.`);
  }
  const replies = [];
  for (const { id, message } of parts) {
    const reply = await answer(innerCall(call, message));
    replies.push({ id: `response-${id}`, message: messageOf(reply) });
  }
  const { contentType, text: body } = writeBatch(replies);
  return { status: 200, headers: { "Content-Type": contentType }, body };
}

function innerCall(call: Call, message: string): Call {
  const [head = "", ...body] = message.split(/\r?\n\r?\n/);
  const [, method = "", target = "", lines = ""] =
    /^([A-Z]+) (?:https?:\/\/[^/]+)?(\/\S*) HTTP\/1\.1(?:\r?\n(.*))?$/s.exec(head) ?? [];
  const [path = "", search = ""] = target.split("?", 2);
  const query = new URLSearchParams(search);
  const isObject = /^\/storage\/v1\/b\/[^/]+\/o\/[^/]+$/.test(path);
  if (!isObject || query.get("alt") === "media") {
    throw new StorageFailure("bad_request", "A batch holds calls of objects without media.");
  }
  const headers = Object.fromEntries(
    [...lines.matchAll(/^([\w-]+):[ \t]*(.*?)\r?$/gm)]
      .map(([, name = "", value = ""]) => [name.toLowerCase(), value]),
  );
  const bytes = Readable.from([Buffer.from(body.join("\r\n\r\n").trim())]);
  return { ...call, method, path, query, target, headers, body: bytes };
}

function messageOf(reply: Reply): string {
  const { status, headers = {} } = reply;
  const body = bodyOf(reply);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines}\r\n${
    typeof body === "string" ? body : ""
  }`;
}
