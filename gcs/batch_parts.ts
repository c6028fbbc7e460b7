/** A batch (https://cloud.google.com/storage/docs/batch): HTTP messages as parts of `multipart/mixed`, written and read. */
import { boundaryOf, MalformedMultipart } from "./multipart.ts";

/** One message of a batch. */
export interface BatchPart {
  /** `Content-ID` without its brackets, empty where there is none; a response has its request's behind `response-`. */
  readonly id: string;
  /** First line, headers and body of the request or response. */
  readonly message: string;
}

/** A batch that is about to be sent. */
export interface BatchBody {
  readonly contentType: string;
  readonly text: string;
}

/** Writes the body of a batch. */
export function writeBatch(parts: readonly BatchPart[]): BatchBody {
  const boundary = crypto.randomUUID();
  const sections = parts.map(({ id, message }) =>
    `--${boundary}\r\nContent-Type: application/http\r\nContent-ID: <${id}>\r\n\r\n${message}\r\n`
  );
  return {
    contentType: `multipart/mixed; boundary=${boundary}`,
    text: `${sections.join("")}--${boundary}--\r\n`,
  };
}

/** Reads the messages of a batch; throws {@link MalformedMultipart}. */
export function readBatch(contentType: string | null | undefined, text: string): BatchPart[] {
  const boundary = boundaryOf(contentType);
  // Python's writers end lines without a carriage return, and Google takes both.
  const [, ...sections] = `\n${text}`.split(`\n--${boundary}`);
  if (sections.pop()?.startsWith("--") !== true) {
    throw new MalformedMultipart("The closing boundary is missing.");
  }
  return sections.map((section) => {
    const [head = "", ...message] = section.replace(/\r$/, "").split(/(\r?\n\r?\n)/);
    if (!/^content-type:\s*application\/http\b/im.test(head)) {
      throw new MalformedMultipart("A part is not of type application/http.");
    }
    const id = /^content-id:\s*<?([^>\r\n]*)/im.exec(head)?.[1] ?? "";
    return { id, message: message.slice(1).join("") };
  });
}
