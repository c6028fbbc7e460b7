import { V4_REJECTIONS, type V4Rejected } from "@tintype/gcs/v4_rejected";
import type { Reply } from "./call.ts";
import { FAILURES, type StorageFailure } from "./failures.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Escapes a text for XML; characters that XML cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/[^\t\n\r -\uffff]/g, "\ufffd");
}

/** An element with a text. */
export function element(name: string, text: string | number): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
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
  const { status, code, message } = FAILURES[kind];
  const more = details === undefined ? "" : element("Details", details);
  return xmlReply(
    status,
    `<Error>${element("Code", code)}${element("Message", message)}${more}</Error>`,
  );
}

/** A refused signature in the XML API's form. */
export function xmlRejection({ code, details, texts }: V4Rejected): Reply {
  const { status, message } = V4_REJECTIONS[code];
  const signed = texts === undefined ? "" : element("StringToSign", texts.stringToSign) +
    element("CanonicalRequest", texts.canonicalRequest);
  return xmlReply(
    status,
    `<Error>${element("Code", code)}${element("Message", message)}${
      element("Details", details)
    }${signed}</Error>`,
  );
}
