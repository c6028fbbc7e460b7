/** Why a signed request is refused: the codes, statuses and messages of Cloud Storage's XML API. */
export const V4_REJECTIONS = {
  AccessDenied: { status: 403, message: "Access denied." },
  ExpiredToken: { status: 400, message: "The provided token has expired." },
  InvalidArgument: { status: 400, message: "Invalid argument." },
  InvalidSecurity: {
    status: 403,
    message: "The provided security credentials are not valid.",
  },
  MalformedSecurityHeader: { status: 400, message: "Your request has a malformed header." },
  RequestTimeTooSkewed: {
    status: 403,
    message: "The difference between the request time and the server's time is too large.",
  },
  SignatureDoesNotMatch: { status: 403, message: "Access denied." },
} as const satisfies Record<string, { readonly status: number; readonly message: string }>;

/** The closed union of rejection codes. */
export type V4RejectionCode = keyof typeof V4_REJECTIONS;

/** What was signed for, as the checking side understood it. */
export interface V4Texts {
  readonly stringToSign: string;
  readonly canonicalRequest: string;
}

/** Thrown where a signed request is refused; carries what Cloud Storage's XML answer holds. */
export class V4Rejected extends Error {
  override readonly name = "V4Rejected";
  readonly code: V4RejectionCode;
  /** The HTTP status. */
  readonly status: number;
  /** What exactly is wrong: the answer's `Details`. */
  readonly details: string;
  /** Only with `SignatureDoesNotMatch`: the answer's `StringToSign` and `CanonicalRequest`. */
  readonly texts: V4Texts | undefined;

  constructor(code: V4RejectionCode, details: string, texts?: V4Texts) {
    super(V4_REJECTIONS[code].message);
    this.code = code;
    this.status = V4_REJECTIONS[code].status;
    this.details = details;
    this.texts = texts;
  }
}
