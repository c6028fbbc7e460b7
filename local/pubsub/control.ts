/** A request to a local control. */
export interface ControlRequest {
  readonly method: string;
  /** Without the query: `/_local/push`. */
  readonly path: string;
  /** The parsed JSON body; undefined where there is none. */
  readonly body?: unknown;
}

/** What a control answers; `body` is to be sent as JSON. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One control as `GET /_local` shows it. */
export interface ControlDoc {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly does: string;
}

/** An answer that says what is wrong. */
export function refuse(status: number, message: string): ControlAnswer {
  return { status, body: { error: { code: status, message } } };
}
