import { V4_REJECTIONS, type V4Rejected } from "@tintype/gcs/v4_rejected";
import type { Reply } from "../http/call.ts";
import { FAILURES, MESSAGES, type StorageFailure } from "./failures.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Escapes a text for XML; characters that XML cannot hold become U+FFFD. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/[^\t\n\r -\uffff]/g, "\ufffd");
}

/** Elements with their texts, in this order, without those that have none. */
export function elements(texts: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(texts).filter(([, text]) => text !== undefined);
  return given.map(([name, text]) => `<${name}>${escapeXml(String(text))}</${name}>`).join("");
}

/** An answer of the XML API. */
export function xmlReply(status: number, xml: string): Reply {
  return {
    status,
    headers: { "Content-Type": "application/xml; charset=UTF-8" },
    body: `<?xml version='1.0' encoding='UTF-8'?>${xml}`,
  };
}

/** A failure in the XML API's form (cloud.google.com/storage/docs/xml-api/reference-status). */
export function xmlFailure({ kind, details }: StorageFailure): Reply {
  const { status, code } = FAILURES[kind];
  const error = elements({ Code: code, Message: MESSAGES[kind], Details: details });
  return xmlReply(status, `<Error>${error}</Error>`);
}

/** A refused signature in the XML API's form. */
export function xmlRejection({ code, details, texts }: V4Rejected): Reply {
  const { status, message } = V4_REJECTIONS[code];
  const error = elements({
    Code: code,
    Message: message,
    Details: details,
    StringToSign: texts?.stringToSign,
    CanonicalRequest: texts?.canonicalRequest,
  });
  return xmlReply(status, `<Error>${error}</Error>`);
}
