/** One line of a log: a constant event name, and ids and numbers only; never a token, an address or a name. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one JSON line an event. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
