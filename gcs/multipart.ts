/** A multipart body that is not of its form (RFC 2046, section 5.1). */
export class MalformedMultipart extends Error {
  override readonly name = "MalformedMultipart";

  constructor(why: string) {
    super(`Malformed multipart body. ${why}`);
  }
}

/** The boundary that a multipart type names; throws {@link MalformedMultipart} where it names none. */
export function boundaryOf(contentType: string | null | undefined): string {
  const [, quoted, bare] =
    /^multipart\/[a-z-]+\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^";,\s]+))/i.exec(
      contentType ?? "",
    ) ??
      [];
  // gsutil quotes it as no standard has it, and Google takes that.
  const boundary = quoted ?? bare?.replace(/^'(.+)'$/, "$1");
  if (boundary !== undefined) return boundary;
  throw new MalformedMultipart("The boundary is missing.");
}
