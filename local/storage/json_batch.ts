import { Readable } from "node:stream";
import { readBatch, writeBatch } from "@tintype/gcs/batch_parts";
import { MAX_BATCH } from "@tintype/gcs/batch";
import { type Call, headerOf, readText, type Reply } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Answers one call of the JSON API, failures included. */
export type AnswerCall = (call: Call) => Promise<Reply>;

/**
 * Answers `POST /batch/storage/v1` (cloud.google.com/storage/docs/batch): up to 100 calls of the JSON API without a body,
 * each with the rights of whoever sent the batch.
 */
export async function answerBatch(call: Call, answer: AnswerCall): Promise<Reply> {
  const text = await readText(call.body, MAX_BODY_BYTES);
  if (text === undefined) throw new StorageFailure("bad_request", "The batch is too large.");
  const parts = readBatch(headerOf(call, "content-type"), text);
  if (parts.length > MAX_BATCH) {
    throw new StorageFailure("bad_request", `A batch holds at most ${MAX_BATCH} calls.`);
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
  const [, method = "", target = ""] = /^([A-Z]+) (\/\S*) HTTP\/1\.1\r\n/.exec(message) ?? [];
  const [path = "", search = ""] = target.split("?", 2);
  if (!/^\/storage\/v1\/b\/[^/]+\/o\/[^/]+$/.test(path) || path === "" || method === "POST") {
    throw new StorageFailure("bad_request", "A batch holds calls of objects without media.");
  }
  const query = new URLSearchParams(search);
  return { ...call, method, path, query, target, headers: {}, body: Readable.from([]) };
}

function messageOf({ status, headers = {}, body = "" }: Reply): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} \r\n${lines}\r\n${typeof body === "string" ? body : ""}`;
}
