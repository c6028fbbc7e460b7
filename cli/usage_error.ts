/** A wrong call, or one that has nothing to talk to: the message is one line, the exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
